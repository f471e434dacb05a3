import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { Constants } from '../../../worker/execute/constants.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { inexactLayers } from '../../../worker/execute/exactness.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import type { VariableSource } from '../../../worker/graph/model.ts';
import { layeredVariables, memoryVariables, noVariables } from '../../../worker/graph/variables.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';

/** What these graphs hold and inference does not do: the statistics of a batch, in training graphs. */
const NOT_EXECUTED = /statistics of its batch/;

interface Recorded {
  readonly name: string;
  readonly file: string;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** What TensorFlow computed, by tensor name. */
  readonly expected: ReadonlyMap<string, Tensor>;
}

/** Every run of the original that recorded what TensorFlow computed before or after. */
function recordedRuns(): Recorded[] {
  if (!hasShared) return [];
  const root = shared('cases/micro');
  return readdirSync(root).flatMap((name) => {
    const folder = path.join(root, name);
    if (!existsSync(path.join(folder, 'expected_io.npz'))) return [];
    const { args } = JSON.parse(readFileSync(path.join(folder, 'case.json'), 'utf8')) as { args: string[] };
    const io = readNpz(path.join(folder, 'expected_io.npz'));
    const [before = ''] = argument(args, '--in_graph');
    const original = path.join(folder, before);
    return [
      { name, file: original, prefixes: ['in|'] },
      { name, file: path.join(folder, 'expected.pb'), prefixes: ['out|', 'lq|'] },
    ].flatMap(({ file, prefixes }) => {
      const expected = new Map(
        [...io].flatMap(([key, tensor]): [string, Tensor][] => {
          const prefix = prefixes.find((start) => key.startsWith(start));
          return prefix === undefined ? [] : [[key.slice(prefix.length).replaceAll('|', '/'), tensor]];
        }),
      );
      if (!file.endsWith('.pb') || !existsSync(file) || expected.size === 0) return [];
      // Data were recorded for the inputs of each graph, in its order.
      const inputs = openGraph(readFileSync(file), file).nodes.filter(
        ({ op, name: node }) => op.startsWith('Placeholder') && !node.includes('freeze'),
      );
      const feeds = new Map(
        inputs.flatMap(({ name: node }, i): [string, Tensor][] => (io.has(`x${i}`) ? [[node, io.get(`x${i}`) as Tensor]] : [])),
      );
      return [{ name: `${name} ${path.basename(file)}`, file, feeds, expected }];
    });
  });
}

function argument(args: readonly string[], name: string): string[] {
  const from = args.slice(args.indexOf(name) + 1);
  const end = from.findIndex((arg) => arg.startsWith('--'));
  return end < 0 ? from : from.slice(0, end);
}

async function variables(folder: string): Promise<VariableSource> {
  const files = readdirSync(folder).filter((file) => file === 'checkpoint' || /^model\.ckpt\.(index|data)/.test(file));
  const checkpoint = await openCheckpoint(files.map((name) => ({ name, blob: new Blob([readFileSync(path.join(folder, name))]) })));
  const file = path.join(folder, 'expected_thresholds.json');
  const thresholds = existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>) : [];
  return layeredVariables(
    memoryVariables(new Map(thresholds.map(([name, log2]) => [name, makeTensor('float32', [], [log2])]))),
    checkpoint ?? noVariables,
  );
}

/** Largest difference relative to the largest expected magnitude, and how many values differ at all. */
function compare(ours: Tensor, theirs: Tensor): { readonly relative: number; readonly differing: number } {
  expect(ours.shape).toEqual(theirs.shape);
  const [a, b] = [Float64Array.from(tensorNumbers(ours)), Float64Array.from(tensorNumbers(theirs))];
  const largest = b.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  let [relative, differing] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    relative = Math.max(relative, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance / (largest || 1));
    if (distance !== 0) differing++;
  }
  return { relative, differing };
}

describeShared('what TensorFlow computed for the recorded graphs', () => {
  const backends: Backend[] = [];
  beforeAll(async () => {
    for (const name of ['wasm', 'reference'] as const) backends.push(await createBackend(name));
  });
  afterAll(() => {
    for (const backend of backends) backend.dispose();
  });

  it.each(recordedRuns())('$name', async ({ file, feeds, expected }) => {
    const graph = openGraph(readFileSync(file), file);
    const source = await variables(path.dirname(file));
    const fetches = [...expected.keys()];
    for (const backend of backends) {
      const run = runGraph(graph, { variables: source, feeds, fetches, backend });
      const results = await run.catch((error: Error) => {
        expect(error.message).toMatch(NOT_EXECUTED);
        return undefined;
      });
      if (results === undefined) continue;
      // A quantizer's output is bit-equal unless a layer before it is named as possibly inexact.
      for (const [name, theirs] of expected) {
        const ours = results.get(name);
        if (ours === undefined) throw new Error(`${name} was not computed`);
        const { relative, differing } = compare(ours, theirs);
        const inexact = await inexactLayers(graph, new Constants(graph, source), [name]);
        const exact = graph.node(name).op === 'LinearQuant' && inexact.length === 0;
        if (exact) expect({ name, backend: backend.name, differing }).toEqual({ name, backend: backend.name, differing: 0 });
        // One code of 16 bits where a float sum before it fell on the other side of a rounding.
        else
          expect(relative).toBeLessThanOrEqual(
            graph.node(name).op === 'LinearQuant' || inexact.some((l) => l.reason === 'unquantized') ? 2 ** -14 : 1e-6,
          );
      }
    }
  });
});
