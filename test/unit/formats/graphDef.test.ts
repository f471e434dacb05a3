import { describe, expect, it } from 'vitest';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { encodeNodeDef } from '../../../worker/formats/graphDef.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { lengthPrefix } from '../../../worker/formats/wire.ts';
import { Graph, GraphEditor, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes, openGraph } from '../../../worker/graph/graphFile.ts';
import { describeShared } from '../../shared.ts';
import { bytesOfFile, sharedFiles } from './sharedFiles.ts';

describeShared('GraphDef files of the reference cases', () => {
  const files = sharedFiles('.pb', '.pb.gz').filter((file) => !file.endsWith('saved_model.pb') && !/bad_(dup|dangling)/.test(file));

  it('there are many of them', () => {
    expect(files.length).toBeGreaterThan(300);
  });

  it('saving an opened file gives the identical file, and every attribute decodes and encodes', () => {
    const bad: string[] = [];
    for (const file of files) {
      try {
        const bytes = bytesOfFile(file);
        const graph = openGraph(bytes, file);
        const saved = joinBytes(graphBytes(graph));
        if (Buffer.compare(saved, bytes) !== 0) throw new Error('saved file differs');
        // The same nodes in new objects: nothing is known of the file then, and each node is copied from its bytes.
        const again = openGraph(joinBytes(graphBytes(new Graph(graph.nodes, { rest: graph.envelope.rest }))), file);
        if (again.nodes.length !== graph.nodes.length) throw new Error('nodes got lost');
        for (const node of graph.nodes) {
          for (const name of node.attrs.keys()) node.attr(name);
          if (Buffer.compare(again.node(node.name).raw ?? Buffer.of(), node.raw ?? Buffer.of(1)) !== 0) throw new Error('a node differs');
        }
      } catch (error) {
        bad.push(`${file}: ${error}`);
      }
    }
    expect(bad).toEqual([]);
  });
});

describe('a GraphDef with fields that we do not know', () => {
  const node = (name: string, ...more: Uint8Array[]): Uint8Array => {
    const body = joinBytes([encodeNodeDef(GraphNode.make({ name, op: 'NoOp', attrs: { b: { kind: 'bool', value: true } } })), ...more]);
    return joinBytes([lengthPrefix(1, body.length), body]);
  };
  const unknownInNode = Uint8Array.of(0x32, 0x02, 0x0a, 0x00, 0xf8, 0x06, 0x07);
  const unknownOnTop = Uint8Array.of(0xfa, 0x3e, 0x03, 1, 2, 3);
  const group = Uint8Array.of(0xa3, 0x06, 0x08, 0x01, 0xa4, 0x06);
  // A length in more bytes than it needs is valid too.
  const wideLength = Uint8Array.of(0x22, 0x82, 0x80, 0x00, 0x08, 0x1b);
  const bytes = joinBytes([node('a', unknownInNode), unknownOnTop, node('b'), group, wideLength, node('c')]);

  it('is saved as it was', () => {
    const graph = openGraph(bytes, 'unknown.pb');
    expect(graph.nodes.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(joinBytes(graphBytes(graph))).toEqual(bytes);
  });

  it('keeps them when another node is changed, and is the same file when the change is undone', () => {
    const graph = openGraph(bytes, 'unknown.pb');
    const editor = new GraphEditor(graph);
    editor.replace(graph.node('b').with({ controls: ['a'] }));
    editor.add({ name: 'd', op: 'NoOp' });
    const edited = editor.graph();
    expect(joinBytes(graphBytes(edited))).toEqual(
      joinBytes([
        node('a', unknownInNode),
        joinBytes([lengthPrefix(1, encodeNodeDef(edited.node('b')).length), encodeNodeDef(edited.node('b'))]),
        node('c'),
        joinBytes([lengthPrefix(1, encodeNodeDef(edited.node('d')).length), encodeNodeDef(edited.node('d'))]),
        unknownOnTop,
        group,
        wideLength,
      ]),
    );
    const undo = new GraphEditor(edited);
    undo.remove('d');
    undo.replace(graph.node('b'));
    expect(joinBytes(graphBytes(undo.graph()))).toEqual(bytes);
  });
});

it('large tensors are written from where they lie, in the same bytes', () => {
  const value = { kind: 'tensor', value: makeTensor('float32', [100, 300], new Float32Array(30_000).fill(1.5)) } as const;
  const [before, after] = [{ kind: 'string', value: 'x' } as const, { kind: 'int', value: 7 } as const];
  const node = GraphNode.make({ name: 'w', op: 'Const', inputs: ['^a'], device: '/cpu', attrs: { before, value, after } });
  const chunks = graphBytes(new Graph([node], { rest: [Uint8Array.of(0x22, 0)] }));
  expect(chunks.some((chunk) => chunk === node.attrs.get('value'))).toBe(true);
  const body = encodeNodeDef(node);
  expect(joinBytes(chunks)).toEqual(joinBytes([lengthPrefix(1, body.length), body, Uint8Array.of(0x22, 0)]));
});
