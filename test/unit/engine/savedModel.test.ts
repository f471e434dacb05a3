import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { openDocument, summarize } from '../../../worker/engine/document.ts';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { checkpointFiles } from '../../../worker/formats/checkpoint.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { parseText } from '../../../worker/formats/text/parse.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { arg, call, functionModelText } from './functionModel.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const savedModel = (...tags: string[]) => parseText(utf8(functionModelText(...tags)), 'SavedModel');

const file = (path: string, bytes: Uint8Array | Blob): SourceFile => ({
  name: path.slice(path.lastIndexOf('/') + 1),
  path,
  blob: bytes instanceof Blob ? bytes : new Blob([bytes as BlobPart]),
});
const kernel = makeTensor('float32', [2], [3, 4]);
const weights = checkpointFiles('variables', new Map([['layer-0/kernel/.ATTRIBUTES/VARIABLE_VALUE', kernel]]));
const folder = (root: string, ...tags: string[]): SourceFile[] => [
  file(`${root}/saved_model.pb`, savedModel(...tags)),
  ...weights.map(({ name, blob }) => file(`${root}/variables/${name}`, blob)),
  file(`${root}/fingerprint.pb`, Uint8Array.of(8, 1)),
];

describe('INL1: calls of functions are put in their place', () => {
  const graph = openGraph(savedModel('"serve"'), 'saved_model.pb');
  const inputs = (name: string) => graph.node(name).inputs;

  it('a signature that only hands on adds no level; names are those of TensorFlow', () => {
    const inside = graph.nodes.map(({ name }) => name).filter((name) => name.startsWith('StatefulPartitionedCall/'));
    expect(inside.sort()).toEqual(
      ['model/read', 'model/bn', 'model/use', 'NoOp', 'Identity', 'Identity_1'].map((name) => `StatefulPartitionedCall/${name}`).sort(),
    );
    expect(graph.nodes.some(({ op }) => op === 'StatefulPartitionedCall')).toBe(false);
  });

  it('arguments are what the caller gave, outputs by name get their ports', () => {
    expect(inputs('StatefulPartitionedCall/model/read')).toEqual(['conv/kernel']);
    expect(inputs('StatefulPartitionedCall/model/bn')).toEqual(['serving_default_image', 'StatefulPartitionedCall/model/read']);
    expect(inputs('StatefulPartitionedCall/model/use')).toEqual(['StatefulPartitionedCall/model/bn:2', 'serving_default_image']);
    expect(graph.node('StatefulPartitionedCall/model/read').attrs.has('_class')).toBe(false);
  });

  it("INL2: the call's name stays, as an Identity of its first result", () => {
    expect(graph.node('StatefulPartitionedCall')).toMatchObject({ op: 'Identity', inputs: ['StatefulPartitionedCall/Identity'] });
    expect(graph.node('StatefulPartitionedCall').attr('T')).toEqual({ kind: 'type', value: 'float32' });
  });

  it('INL3: edges that wait for reads go, edges that wait for an effect stay', () => {
    expect(graph.node('StatefulPartitionedCall/Identity').controls).toEqual([]);
    expect(graph.node('StatefulPartitionedCall_1/done').controls).toEqual(['StatefulPartitionedCall_1/Assign']);
  });

  it('INL4: a library that nothing names any more goes', () => {
    expect(graph.envelope.rest.map((field) => field[0])).not.toContain(0x12);
  });

  it('INL5: functions that call each other without end, or depend on types of their caller, stay calls', () => {
    const endless = (body: string) =>
      openGraph(
        parseText(
          utf8(`node { name: "x" op: "Placeholder" } ${call('a', 'f', 'input: "x"')}
          library { function { signature { name: "f" input_arg ${arg('p')} output_arg ${arg('r')} ${body}
            ret { key: "r" value: "c:output:0" } } }`),
          'GraphDef',
        ),
        'endless.pb',
      );
    const twice = `} node_def { name: "b" op: "StatefulPartitionedCall" input: "p" attr { key: "f" value { func { name: "f" } } } }
      node_def { name: "c" op: "StatefulPartitionedCall" input: "b:output:0" attr { key: "f" value { func { name: "f" } } } }`;
    expect(endless(twice).node('a').op).toBe('StatefulPartitionedCall');
    const generic = endless(
      `attr { name: "T" type: "type" } } node_def { name: "c" op: "Identity" input: "p" attr { key: "T" value { placeholder: "T" } } }`,
    );
    expect(generic.node('a').op).toBe('StatefulPartitionedCall');
  });
});

describe('INL5: functions that multiply', () => {
  it('are inlined up to a limit', () => {
    const level = (name: string, inner: string) => `function { signature { name: "${name}" input_arg ${arg('p')} output_arg ${arg('r')} }
      node_def { name: "b" op: "${inner}" input: "p" } node_def { name: "c" op: "${inner}" input: "b:r:0" } ret { key: "r" value: "c:r:0" } }`;
    const levels = Array.from({ length: 40 }, (_, i) => level(`f${i}`, i === 39 ? 'Identity' : `f${i + 1}`));
    const text = `node { name: "x" op: "Placeholder" } node { name: "a" op: "f0" input: "x" } library { ${levels.join('\n')} }`;
    const graph = openGraph(parseText(utf8(text), 'GraphDef'), 'many.pb');
    expect(graph.nodes.length).toBeGreaterThan(2 ** 16);
    expect(graph.nodes.length).toBeLessThan(2 ** 18);
  });
});

describe('a SavedModel', () => {
  it('opens as a folder: named after it, with its variables where its own saver stored them', async () => {
    const document = await openDocument(folder('models/net', '"serve"'));
    const summary = summarize(document);
    expect(summary).toMatchObject({ name: 'net', missingVariables: [] });
    expect([...tensorNumbers((await document.checkpoint?.read('conv/kernel')) ?? kernel)]).toEqual([3, 4]);
    expect(summary.guess).toMatchObject({
      inputs: ['serving_default_image'],
      outputs: ['StatefulPartitionedCall', 'StatefulPartitionedCall/Identity_1'],
      shape: [4, 4, 2],
    });
  });

  it('opens as a .zip, in a folder or not', async () => {
    for (const root of ['net/', '']) {
      const entries: Record<string, Uint8Array> = { '__MACOSX/x': strToU8('x') };
      for (const entry of folder('net', '"serve"')) {
        entries[`${root}${entry.path?.slice(4)}`] = new Uint8Array(await entry.blob.arrayBuffer());
      }
      for (const level of [0, 9] as const) {
        const zip = zipSync(entries, { level });
        const document = await openDocument([file('net.zip', zip)]);
        expect(summarize(document)).toMatchObject({ name: 'net', missingVariables: [] });
        await expect(openDocument([file('cut.zip', zip.subarray(0, zip.length / 3))])).rejects.toBeInstanceOf(GraffitistError);
      }
    }
  });

  it('takes the checkpoint in its own folder, whatever others are there', async () => {
    const other = checkpointFiles('variables', new Map([['conv/kernel', makeTensor('float32', [2], [0, 0])]]));
    const strangers = other.map(({ name, blob }) => file(`elsewhere/variables/${name}`, blob));
    const document = await openDocument([...folder('net', '"serve"'), ...strangers]);
    expect([...tensorNumbers((await document.checkpoint?.read('conv/kernel')) ?? kernel)]).toEqual([3, 4]);
  });

  it('a tag chooses between several graphs; without one, or with a wrong one, those there are listed', async () => {
    const files = folder('net', '"serve"', '"serve", "gpu"', '"train"');
    for (const tag of ['serve', 'gpu', 'serve,gpu', 'train']) expect(await openDocument(files, { tag })).toMatchObject({ name: 'net' });
    const message = expect.stringContaining("'serve', 'serve,gpu', 'train'");
    await expect(openDocument(files)).rejects.toMatchObject({
      code: 'saved-model-tag',
      message,
      remedy: expect.stringContaining('--saved_model_tag'),
    });
    await expect(openDocument(files, { tag: 'test' })).rejects.toMatchObject({ code: 'saved-model-tag', message });
    expect((await openDocument(files, { tag: 'gpu' })).savedModel).toMatchObject({
      tags: ['serve', 'serve,gpu', 'train'],
      tag: 'serve,gpu',
    });
  });

  it('where any will do, of several graphs the one for serving is opened, else the first', async () => {
    const tagOf = async (...tags: string[]) => (await openDocument(folder('net', ...tags), { anyTag: true })).savedModel?.tag;
    expect(await tagOf('"train"', '"serve"')).toBe('serve');
    expect(await tagOf('"train"', '"eval"')).toBe('train');
    const named = openDocument(folder('net', '"train"', '"serve"'), { anyTag: true, tag: 'test' });
    await expect(named).rejects.toMatchObject({ code: 'saved-model-tag' });
  });

  it('a signature says what inputs and outputs are', async () => {
    const files = folder('net', '"serve"');
    const document = await openDocument(files, { signature: 'features' });
    expect(document.guess.outputs).toEqual(['StatefulPartitionedCall/Identity_1']);
    expect(document.savedModel?.signatures.map(({ name }) => name)).toEqual(['serving_default', 'features']);
    await expect(openDocument(files, { signature: 'nope' })).rejects.toMatchObject({
      code: 'saved-model-signature',
      message: expect.stringContaining("'serving_default', 'features'"),
    });
  });

  it('2,000 mutations end in a graph or a typed error', () => {
    const bytes = savedModel('"serve"');
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(12), fc.uint8Array({ maxLength: 4 }), (at, cut, extra) => {
        const damaged = joinBytes([bytes.subarray(0, at), extra, bytes.subarray(Math.min(bytes.length, at + cut))]);
        try {
          openGraph(damaged, 'saved_model.pb');
        } catch (error) {
          if (!(error instanceof GraffitistError)) throw error;
        }
      }),
      { numRuns: 2000, seed: 8 },
    );
  });
});
