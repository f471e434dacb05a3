import { unzipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { graffitistName } from '../../../worker/export/checkpointName.ts';
import type { Exportable } from '../../../worker/export/exportable.ts';
import { frozenFiles, graffitistFiles } from '../../../worker/export/files.ts';
import { freeze, frozenChunks } from '../../../worker/export/freeze.ts';
import { zipFiles } from '../../../worker/export/zip.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphEditor, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes, openGraphFile } from '../../../worker/graph/graphFile.ts';
import type { VariableSource } from '../../../worker/graph/model.ts';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { layeredVariables, memoryVariables, noVariables, readVariables } from '../../../worker/graph/variables.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { applyStep } from '../../../worker/transforms/pipeline.ts';
import { branchedNet, imagesFile, quantized, RunningNet } from '../compute/nets.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await createBackend('reference');
});

/** A quantized network with a threshold of its own for every variable. */
function exportable(): Exportable {
  const model = quantized(branchedNet());
  const names = thresholdVariables(model.graph).map(({ name }) => name);
  return { model, thresholds: new Map(names.map((name, k) => [name, Math.fround(k / 7 - 1)])) };
}

async function outputs(graph: Graph, variables: VariableSource): Promise<readonly number[]> {
  const images = await (await imagesFile(2)).npy.rows(0, 2);
  const result = await runGraph(graph, {
    variables,
    feeds: new Map([['input', images]]),
    fetches: ['net/logits/BiasAdd_biasadd_quant/LinearQuant'],
    backend,
  });
  return [...result.values()].flatMap((tensor) => [...tensorNumbers(tensor)]);
}

const onlyFile = async (files: Promise<SourceFile[]>) => (await files)[0] as SourceFile;
const bytes = async (file: SourceFile) => new Uint8Array(await file.blob.arrayBuffer());

describe('EXP1: the frozen graph', () => {
  it('needs no checkpoint and computes the same', async () => {
    const source = exportable();
    const { graph } = await openGraphFile(await onlyFile(frozenFiles(source, 'frozen')));
    validateGraph(graph);
    const expected = await outputs(source.model.graph, withThresholds(source.model, source.thresholds).variables);
    expect(await outputs(graph, noVariables)).toEqual(expected);
    expect(graph.nodes.filter(({ op }) => /^(Variable|Assign)/.test(op))).toEqual([]);
  });

  it('shows the same table of quantizers when it is opened', async () => {
    const source = exportable();
    const { graph } = await openGraphFile(await onlyFile(frozenFiles(source, 'frozen')));
    const table = (of: Graph, log2: (threshold: string, constant: number | undefined) => number | undefined) =>
      readQuantizers(of).map(({ constantLog2, ...quantizer }) => ({ ...quantizer, log2: log2(quantizer.threshold, constantLog2) }));
    const reopened = table(graph, (_, constant) => constant);
    const made = table(source.model.graph, (threshold) => source.thresholds.get(threshold));
    expect(reopened).toHaveLength(26);
    expect(new Map(reopened.map((row) => [row.name, row]))).toEqual(new Map(made.map((row) => [row.name, row])));
  });

  it('keeps quantizers that hang off an output, and drops initializers and savers', async () => {
    const { model, thresholds } = exportable();
    const editor = new GraphEditor(model.graph);
    editor.add({ name: 'save/Assign', op: 'Assign', inputs: ['net/a/weights', 'net/a/weights'], attrs: {} });
    editor.add({ name: 'save/all', op: 'NoOp', controls: ['save/Assign'] });
    editor.replace(editor.node('net/a/Relu').with({ controls: ['save/all'] }));
    const graph = await freeze({ model: { ...model, graph: editor.graph(), outputs: ['net/a/Relu'] }, thresholds });
    validateGraph(graph);
    expect(graph.has('save/all')).toBe(false);
    expect(graph.node('net/a/Relu').controls).toEqual([]);
    expect(readQuantizers(graph)).toHaveLength(26);
  });

  it('reads resource variables as constants', async () => {
    const net = new RunningNet();
    const model = net.model(net.conv('net/a', 'input', 3, 2));
    const editor = new GraphEditor(model.graph);
    for (const name of ['net/a/weights', 'net/a/biases']) {
      const dtype = { kind: 'type', value: 'float32' } as const;
      const shape = model.graph.node(name).attr('shape');
      if (shape === undefined) throw new Error('no shape');
      editor.replace(
        model.graph.node(name).with({ op: 'VarHandleOp', attrs: { dtype, shape, shared_name: { kind: 'string', value: name } } }),
      );
      editor.replace(model.graph.node(`${name}/read`).with({ op: 'ReadVariableOp', attrs: { T: undefined, dtype } }));
    }
    const graph = await freeze({ model: { ...model, graph: editor.graph() }, thresholds: new Map() });
    expect(graph.node('net/a/weights').op).toBe('Const');
    expect(graph.node('net/a/weights/read').op).toBe('Identity');
    const images = await (await imagesFile(2)).npy.rows(0, 2);
    const run = async (of: Graph, variables: VariableSource) =>
      (await runGraph(of, { variables, feeds: new Map([['input', images]]), fetches: model.outputs, backend })).get('net/a/BiasAdd');
    expect(await run(graph, noVariables)).toEqual(await run(model.graph, model.variables));
  });

  it('is the same file whether large weights are in it or beside it until it is written', async () => {
    const node = GraphNode.make({
      name: 'net/large',
      op: 'VariableV2',
      device: '/cpu:0',
      attrs: { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: [512, 600] } },
    });
    const plain = exportable().model;
    const value = makeTensor(
      'float32',
      [512, 600],
      Array.from({ length: 512 * 600 }, (_, i) => i / 7),
    );
    const source = {
      model: {
        ...plain,
        graph: new Graph([node, ...plain.graph.nodes], plain.graph.envelope),
        variables: layeredVariables(memoryVariables(new Map([['net/large', value]])), plain.variables),
        outputs: [...plain.outputs, 'net/large'],
      },
      thresholds: exportable().thresholds,
    };
    const chunks = await frozenChunks(source);
    expect(chunks.some((chunk) => chunk instanceof Blob && chunk.size === value.bytes.length)).toBe(true);
    const written = await bytes(await onlyFile(frozenFiles(source, 'frozen')));
    expect(Buffer.compare(written, joinBytes(graphBytes(await freeze(source))))).toBe(0);
  });

  it('is the graph itself where there is nothing to freeze', async () => {
    const { model, thresholds } = exportable();
    const frozen = await freeze({ model, thresholds });
    const again = await freeze({ model: { ...model, graph: frozen, variables: noVariables }, thresholds: new Map() });
    expect(again.nodes.every((node, k) => node === frozen.nodes[k])).toBe(true);
  });

  it('names what has no value', async () => {
    const { model, thresholds } = exportable();
    await expect(freeze({ model, thresholds: new Map() })).rejects.toMatchObject({ code: 'threshold-missing' });
    await expect(freeze({ model: { ...model, variables: noVariables }, thresholds })).rejects.toMatchObject({ code: 'variable-missing' });
  });
});

describe('EXP2: Graffitist form', () => {
  it('is graph, checkpoint and the file that names it', async () => {
    const source = exportable();
    const files = await graffitistFiles(source, 'net_quant', 'net.ckpt');
    expect(files.map(({ name }) => name)).toEqual([
      'net_quant.pb',
      'net_graffitist.ckpt.index',
      'net_graffitist.ckpt.data-00000-of-00001',
      'checkpoint',
    ]);
    expect(await files[3]?.blob.text()).toBe(
      'model_checkpoint_path: "net_graffitist.ckpt"\nall_model_checkpoint_paths: "net_graffitist.ckpt"\n',
    );
    const checkpoint = await openCheckpoint(files);
    if (checkpoint === undefined) throw new Error('no checkpoint');
    const variables = source.model.graph.nodes.filter(({ op }) => op === 'VariableV2').map(({ name }) => name);
    expect([...checkpoint.entries.keys()].sort()).toEqual(variables.sort());
    for (const [name, log2] of source.thresholds) expect([...tensorNumbers(await checkpoint.read(name))]).toEqual([log2]);
    const { graph } = await openGraphFile(files[0] as SourceFile);
    expect(await outputs(graph, checkpoint)).toEqual(
      await outputs(source.model.graph, withThresholds(source.model, source.thresholds).variables),
    );
  });

  it('gives a threshold that nobody reads its initial value', async () => {
    const { model, thresholds } = exportable();
    const editor = new GraphEditor(model.graph);
    const type = { kind: 'type', value: 'float32' } as const;
    editor.add({ name: 'left/m_threshold', op: 'VariableV2', attrs: { dtype: type, shape: { kind: 'shape', value: [] } } });
    editor.add({
      name: 'left/init',
      op: 'Const',
      attrs: { dtype: type, value: { kind: 'tensor', value: makeTensor('float32', [], [0]) } },
    });
    editor.add({ name: 'left/assign', op: 'Assign', inputs: ['left/m_threshold', 'left/init'], attrs: { T: type } });
    const checkpoint = await openCheckpoint(
      await graffitistFiles({ model: { ...model, graph: editor.graph() }, thresholds }, 'q', 'net.ckpt'),
    );
    expect([...tensorNumbers((await checkpoint?.read('left/m_threshold')) ?? makeTensor('float32', [], [1]))]).toEqual([0]);
  });

  it('is the graph alone where there are no thresholds', async () => {
    const { model } = exportable();
    expect((await graffitistFiles({ model, thresholds: new Map() }, 'q', 'net.ckpt')).map(({ name }) => name)).toEqual(['q.pb']);
    const plain = branchedNet();
    expect((await graffitistFiles({ model: plain, thresholds: new Map() }, 'q', null)).map(({ name }) => name)).toEqual(['q.pb']);
  });

  it('EXP13: has a checkpoint without thresholds where variables got values of their own', async () => {
    const opened = branchedNet();
    const context = { files: new Map(), variables: await readVariables(opened) };
    const frozen = applyStep(opened, { transform: 'freeze_graph', options: {} }, context).model;
    const { model } = applyStep({ ...frozen, variables: noVariables }, { transform: 'thaw_graph', options: {} });
    const files = await graffitistFiles({ model, thresholds: new Map() }, 'q', null);
    expect(files.map(({ name }) => name)).toEqual([
      ...['q.pb', 'frozen_model_graffitist.ckpt.index', 'frozen_model_graffitist.ckpt.data-00000-of-00001', 'checkpoint'],
    ]);
    const checkpoint = await openCheckpoint(files);
    expect([...(checkpoint?.entries.keys() ?? [])]).toEqual([...(model.changedVariables ?? [])].sort());
  });

  it.each([
    ['net.ckpt', 'net_graffitist.ckpt'],
    ['net.ckpt-5000', 'net_graffitist.ckpt'],
    ['net_graffitist.ckpt', 'net_graffitist.ckpt'],
    ['weights', 'weights_graffitist.ckpt'],
    [null, 'frozen_model_graffitist.ckpt'],
  ])('names the checkpoint after %s: %s', (given, name) => {
    expect(graffitistName(given)).toBe(name);
  });
});

describe('EXP3: the same bytes everywhere', () => {
  it('of every form, made twice', async () => {
    const make = async () => {
      const files = [...(await frozenFiles(exportable(), 'frozen')), ...(await graffitistFiles(exportable(), 'q', 'net.ckpt'))];
      return [...files, await zipFiles(files, 'all.zip')];
    };
    const [first, second] = [await make(), await make()];
    for (const [k, file] of first.entries()) expect(Buffer.compare(await bytes(file), await bytes(second[k] as SourceFile))).toBe(0);
  });

  it('in a zip that holds every file whole, with a fixed date', async () => {
    const files: SourceFile[] = [
      { name: 'a.bin', blob: new Blob([new Uint8Array(9 * 2 ** 20).map((_, k) => k % 251)]) },
      { name: 'folder/empty', blob: new Blob([]) },
      { name: 'b.txt', blob: new Blob(['text']) },
    ];
    const done: number[] = [];
    const zip = await bytes(await zipFiles(files, 'all.zip', { onProgress: (progress) => done.push(progress.done) }));
    const entries = unzipSync(zip);
    expect(Object.keys(entries)).toEqual(['a.bin', 'folder/empty', 'b.txt']);
    for (const file of files) expect(Buffer.compare(entries[file.name] ?? new Uint8Array(1), await bytes(file))).toBe(0);
    expect(done.at(-1)).toBe(9 * 2 ** 20 + 4);
    // Time 00:00:00 and date 1980-01-01 of the first local header.
    expect([...zip.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]);
    await expect(zipFiles(files, 'all.zip', { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('of variables that are views on larger buffers', async () => {
    const { model, thresholds } = exportable();
    const name = 'net/a/weights';
    const tensor = await model.variables.read(name);
    const wide = new Uint8Array(tensor.bytes.length + 9);
    wide.set(tensor.bytes, 5);
    const moved = memoryVariables(new Map([[name, { ...tensor, bytes: wide.subarray(5, 5 + tensor.bytes.length) }]]));
    const read = (of: string) => (of === name ? moved.read(of) : model.variables.read(of));
    const other = { model: { ...model, variables: { ...model.variables, read } }, thresholds };
    const [first, second] = [await onlyFile(frozenFiles(other, 'a')), await onlyFile(frozenFiles({ model, thresholds }, 'a'))];
    expect(Buffer.compare(await bytes(first), await bytes(second))).toBe(0);
  });
});
