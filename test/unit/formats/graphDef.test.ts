import { expect, it } from 'vitest';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { Graph } from '../../../worker/graph/graph.ts';
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
