import { describe, expect, it } from 'vitest';
import { openDocument } from '../../../worker/engine/document.ts';
import { openedStage } from '../../../worker/engine/stage.ts';
import type { Exportable } from '../../../worker/export/exportable.ts';
import { type Container, frozenFiles, graffitistFiles, variableFiles } from '../../../worker/export/files.ts';
import { readVariableInfo } from '../../../worker/formats/metaGraph.ts';
import { diffGraphs } from '../../../worker/graph/diff.ts';
import { GraphEditor } from '../../../worker/graph/graph.ts';
import { openGraphFile } from '../../../worker/graph/graphFile.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { describeShared, shared } from '../../shared.ts';
import { bytesOfFile } from '../formats/sharedFiles.ts';

const net = 'cases/nets/small_mobilenet_v2';
const fileOf = (...parts: string[]): SourceFile => ({
  name: parts.at(-1) ?? '',
  path: parts.join('/'),
  blob: new Blob([bytesOfFile(shared(net, ...parts)) as BlobPart]),
});
const weights = ['index', 'data-00000-of-00001'].map((ending) => `small_mobilenet_v2.ckpt.${ending}`);

async function opened(...files: SourceFile[]): Promise<Exportable> {
  const { model } = await openedStage(await openDocument(files));
  return { model, thresholds: new Map() };
}
const training = () => opened(fileOf('small_mobilenet_v2_train.meta'), ...weights.map((name) => fileOf(name)));
const evaluation = () => opened(fileOf('small_mobilenet_v2_eval.pb'), ...weights.map((name) => fileOf(name)));
const reopened = async (files: readonly SourceFile[]) => openGraphFile(files[0] as SourceFile);

describeShared('EXP4: other containers hold the same graph', () => {
  it.each(['pbtxt', 'meta'] as readonly Container[])('%s', async (container) => {
    const { model } = await evaluation();
    const frozen = { model, thresholds: new Map<string, number>() };
    const pb = await reopened(await frozenFiles(frozen, 'net'));
    expect(diffGraphs((await reopened(await frozenFiles(frozen, 'net', container))).graph, pb.graph)).toEqual([]);
  });
});

describeShared('EXP5: a MetaGraph', () => {
  it('keeps collections and saver of the one that was opened', async () => {
    const source = await training();
    const { graph, meta } = await reopened(await graffitistFiles(source, 'net', null, 'meta'));
    expect(diffGraphs(graph, source.model.graph)).toEqual([]);
    expect(meta?.collections).toEqual(source.model.meta?.collections);
    expect(meta?.saver).toEqual(source.model.meta?.saver);
  });

  it('leaves out what is gone, says so, and mends what it can', async () => {
    const source = await training();
    const editor = new GraphEditor(source.model.graph);
    const [name = ''] = source.model.graph.nodes.filter(({ op }) => op === 'VariableV2').map((node) => node.name);
    for (const node of source.model.graph.nodes)
      if (node.name.startsWith('save/') || node.name === `${name}/Assign`) editor.remove(node.name);
    const graph = editor.graph();
    const files = await graffitistFiles({ ...source, model: { ...source.model, graph } }, 'net', null, 'meta');
    expect(files[0]?.notes).toContain('The saver was gone; a new one was added.');
    const again = await reopened(files);
    expect(again.graph.has(again.meta?.saver?.restore ?? '')).toBe(true);
    const listed = again.meta?.collections.get('variables');
    const infos = (listed?.kind === 'bytes' ? listed.values : []).map(readVariableInfo);
    const mended = infos.find(({ variable }) => variable === `${name}:0`);
    expect(infos).toHaveLength(127);
    expect(mended?.initializer).toMatch(/^save\/Assign/);
    for (const info of infos) expect(again.graph.has(info.initializer)).toBe(true);
  });
});

describeShared('EXP6: a SavedModel', () => {
  it('has its tag, its signature, a saver for all its variables and their values', async () => {
    const source = await evaluation();
    const files = await graffitistFiles(source, 'net', null, 'saved-model');
    expect(files.map(({ name }) => name)).toEqual([
      'saved_model.pb',
      'variables/variables.index',
      'variables/variables.data-00000-of-00001',
    ]);
    const placed = files.map(({ name, blob }) => ({ name: name.slice(name.lastIndexOf('/') + 1), path: `out/${name}`, blob }));
    const document = await openDocument(placed, { tag: 'serve', signature: 'serving_default' });
    expect(document.guess).toMatchObject({ inputs: ['input'], outputs: ['MobilenetV2/Predictions/Softmax'], shape: [64, 64, 3] });
    for (const [name] of source.model.variables.entries) {
      expect(await document.checkpoint?.read(name)).toEqual(await source.model.variables.read(name));
    }
  });

  it('of a frozen graph is one file', async () => {
    const files = await frozenFiles(await evaluation(), 'net', 'saved-model');
    expect(files.map(({ name }) => name)).toEqual(['saved_model.pb']);
    expect((await reopened(files)).meta?.collections.size).toBe(0);
  });

  it('keeps the names that callers use', async () => {
    const parts = ['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'];
    const source = await opened(...parts.map((part) => fileOf('saved_model', ...part.split('/'))));
    const { meta } = await reopened(await graffitistFiles(source, 'net', null, 'saved-model'));
    expect(meta?.signatures.get('serving_default')).toEqual(source.model.meta?.signatures.get('serving_default'));
  });
});

describeShared('EXP7: all variables as a checkpoint', () => {
  it('are those of the graph', async () => {
    const source = await evaluation();
    const files = await variableFiles(source, 'net.ckpt');
    expect(files.map(({ name }) => name)).toEqual(['net.ckpt.index', 'net.ckpt.data-00000-of-00001', 'checkpoint']);
    const { checkpoint } = await openDocument([fileOf('small_mobilenet_v2_eval.pb'), ...files]);
    expect(checkpoint?.prefix).toBe('net.ckpt');
    expect(checkpoint?.entries.size).toBe(127);
  });
});

describe('files on the way', () => {
  it('a frozen graph has no variables to write', async () => {
    const { model } = await openedStage(
      await openDocument([
        { name: 'x.pbtxt', blob: new Blob(['node { name: "x" op: "Placeholder" } node { name: "y" op: "Relu" input: "x" }']) },
      ]),
    );
    expect(await variableFiles({ model, thresholds: new Map() }, 'x.ckpt')).toEqual([]);
  });
});
