import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { Constants } from '../../../worker/execute/constants.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { inexactLayers } from '../../../worker/execute/exactness.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';
import { compareTensors, recordedVariables, tensorOf } from './recorded.ts';

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
    const folder = path.dirname(file);
    const source = await recordedVariables(folder, path.join(folder, 'expected_thresholds.json'));
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
        const ours = tensorOf(results, name);
        const { relative, differing } = compareTensors(ours, theirs);
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
