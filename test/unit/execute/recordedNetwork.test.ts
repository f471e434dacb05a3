import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, BackendName } from '../../../worker/execute/backend.ts';
import { Constants } from '../../../worker/execute/constants.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { inexactLayers } from '../../../worker/execute/exactness.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { compareTensors, firstImage, recordedThresholds, recordedVariables, tensorOf } from './recorded.ts';

const BACKENDS = ['wasm', 'reference'] as const;
const backends = new Map<BackendName, Backend>();
const backendOf = (name: BackendName): Backend => {
  const backend = backends.get(name);
  if (backend === undefined) throw new Error(`no ${name}`);
  return backend;
};
beforeAll(async () => {
  for (const name of BACKENDS) backends.set(name, await createBackend(name));
});
afterAll(() => {
  for (const backend of backends.values()) backend.dispose();
});

const openAt = (...parts: string[]) => openGraph(readFileSync(shared(...parts)), parts.at(-1) ?? '');

describeShared('the real MobileNet with the original thresholds', () => {
  const folder = 'cases/imagenet_mobilenet';

  it.each(BACKENDS)('gives every quantizer output of TensorFlow on the recorded photograph (%s)', async (name) => {
    const expected = readNpz(shared(folder, 'expected_quantizers_one_image.npz'));
    const recorded = readNpz(shared(folder, 'expected_softmax_one_image.npz'));
    const quantizers = [...expected.keys()].map((key) => key.replaceAll('|', '/'));
    expect(quantizers).toHaveLength(115);
    const results = await runGraph(openAt(folder, 'expected_int8.pb'), {
      variables: recordedThresholds(shared(folder, 'expected_thresholds.json')),
      feeds: new Map([['input', tensorOf(recorded, 'input')]]),
      fetches: [...quantizers, 'MobilenetV1/Predictions/Softmax'],
      backend: backendOf(name),
    });
    const differing = quantizers.flatMap((quantizer) => {
      const found = compareTensors(tensorOf(results, quantizer), tensorOf(expected, quantizer.replaceAll('/', '|')));
      return found.differing === 0 ? [] : [`${quantizer}: ${found.differing}`];
    });
    expect(differing).toEqual([]);
    const softmax = compareTensors(tensorOf(results, 'MobilenetV1/Predictions/Softmax'), tensorOf(recorded, 'softmax'));
    expect(softmax.relative).toBeLessThan(1e-6);
  });

  it('has no layer whose sums could round', async () => {
    const graph = openAt(folder, 'expected_int8.pb');
    const constants = new Constants(graph, recordedThresholds(shared(folder, 'expected_thresholds.json')));
    expect(await inexactLayers(graph, constants, ['MobilenetV1/Predictions/Softmax'])).toEqual([]);
  });
});

describeShared.each(['small_mobilenet_v2', 'small_resnet_v1'])('%s', (net) => {
  const folder = `cases/nets/${net}`;

  it.each(BACKENDS)('computes the activations that TensorFlow recorded (%s)', async (name) => {
    const activations = JSON.parse(readFileSync(shared(folder, 'ref_activations.json'), 'utf8')) as Record<
      string,
      { shape: number[]; mean: number; min: number; max: number; first8: number[] }
    >;
    const input = firstImage(readNpy(readFileSync(shared(folder, 'ref_input.npy')), 'ref_input.npy'));
    const results = await runGraph(openAt(folder, `${net}_eval.pb`), {
      variables: await recordedVariables(shared(folder)),
      feeds: new Map([['input', input]]),
      fetches: Object.keys(activations),
      backend: backendOf(name),
    });
    expect(results.size).toBeGreaterThan(50);
    for (const [node, wanted] of Object.entries(activations)) {
      const found = tensorOf(results, node);
      const values = Array.from(Float64Array.from(tensorNumbers(found)));
      expect([node, found.shape]).toEqual([node, wanted.shape]);
      const size = Math.max(Math.abs(wanted.min), Math.abs(wanted.max));
      const near = (a: number, b: number): boolean => Math.abs(a - b) <= 5e-6 * size;
      const extremes = [Math.min(...values), Math.max(...values), values.reduce((a, b) => a + b, 0) / values.length];
      expect({ node, ok: [wanted.min, wanted.max, wanted.mean].every((value, i) => near(value, extremes[i] ?? Number.NaN)) }).toEqual({
        node,
        ok: true,
      });
      expect({ node, ok: wanted.first8.every((value, i) => near(value, values[i] ?? Number.NaN)) }).toEqual({ node, ok: true });
    }
  });

  it.each(['cal_recipe1', 'cal_recipe2_int8', 'cal_recipe2_int8_frozen', 'cal_recipe3c_int8', 'cal_recipe3c_int4'])(
    'gives every quantizer output of TensorFlow after %s',
    async (run) => {
      const io = readNpz(shared(folder, run, 'expected_io.npz'));
      const graph = openAt(folder, run, 'expected.pb');
      const variables = await recordedVariables(shared(folder), shared(folder, run, 'expected_thresholds.json'));
      const { args } = JSON.parse(readFileSync(shared(folder, run, 'case.json'), 'utf8')) as { args: string[] };
      const output = args[args.indexOf('--outputs') + 1] ?? '';
      const quantizers = [...io.keys()].filter((key) => key.startsWith('lq|'));
      expect(quantizers.length > 30).toBe(run !== 'cal_recipe1');
      const backend = backendOf('wasm');
      const feed = (x = tensorOf(io, 'x')) => new Map([['input', x]]);
      const whole = await runGraph(graph, { variables, feeds: feed(), fetches: [output], backend });
      expect(compareTensors(tensorOf(whole, output), tensorOf(io, 'out')).relative).toBeLessThan(2e-6);
      const fetches = quantizers.map((key) => key.slice(3).replaceAll('|', '/'));
      const one = await runGraph(graph, { variables, feeds: feed(firstImage(tensorOf(io, 'x'))), fetches, backend });
      const differing = quantizers.flatMap((key, i) => {
        const found = compareTensors(tensorOf(one, fetches[i] ?? ''), tensorOf(io, key));
        return found.differing === 0 ? [] : [`${key}: ${found.differing}`];
      });
      expect(differing).toEqual([]);
    },
  );
});
