import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, BackendName } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { memoryVariables } from '../../../worker/graph/variables.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';

/** Log2 thresholds by variable name, as TensorFlow stored them. */
function thresholds(file: string) {
  const { thresholds_log2 } = JSON.parse(readFileSync(file, 'utf8')) as { thresholds_log2: Record<string, number> };
  return memoryVariables(new Map(Object.entries(thresholds_log2).map(([name, log2]) => [name, makeTensor('float32', [], [log2])])));
}

describeShared('the real MobileNet with the original thresholds', () => {
  const folder = 'cases/imagenet_mobilenet';
  const backends = new Map<BackendName, Backend>();

  beforeAll(async () => {
    for (const name of ['wasm', 'reference'] as const) backends.set(name, await createBackend(name));
  });
  afterAll(() => {
    for (const backend of backends.values()) backend.dispose();
  });

  it.each(['wasm', 'reference'] as const)('gives every quantizer output of TensorFlow on the recorded photograph (%s)', async (name) => {
    const graph = openGraph(readFileSync(shared(folder, 'expected_int8.pb')), 'expected_int8.pb');
    const expected = readNpz(shared(folder, 'expected_quantizers_one_image.npz'));
    const recorded = readNpz(shared(folder, 'expected_softmax_one_image.npz'));
    const input = recorded.get('input');
    if (input === undefined) throw new Error('no input recorded');
    const quantizers = [...expected.keys()].map((key) => key.replaceAll('|', '/'));
    expect(quantizers).toHaveLength(115);
    const backend = backends.get(name);
    if (backend === undefined) throw new Error('no backend');
    const results = await runGraph(graph, {
      variables: thresholds(shared(folder, 'expected_thresholds.json')),
      feeds: new Map([['input', input]]),
      fetches: [...quantizers, 'MobilenetV1/Predictions/Softmax'],
      backend,
    });
    const differing = quantizers.flatMap((quantizer) => {
      const ours = results.get(quantizer);
      const theirs = expected.get(quantizer.replaceAll('/', '|'));
      if (ours === undefined || theirs === undefined) return [`${quantizer}: missing`];
      const [a, b] = [Float64Array.from(tensorNumbers(ours)), Float64Array.from(tensorNumbers(theirs))];
      const count = a.reduce((sum, value, i) => sum + (value === b[i] ? 0 : 1), 0);
      return count === 0 && a.length === b.length ? [] : [`${quantizer}: ${count} of ${a.length}`];
    });
    expect(differing).toEqual([]);
    const softmax = results.get('MobilenetV1/Predictions/Softmax');
    const theirs = recorded.get('softmax');
    if (softmax === undefined || theirs === undefined) throw new Error('no softmax');
    const wanted = tensorNumbers(theirs);
    tensorNumbers(softmax).forEach((value, i) => {
      expect(Math.abs(value - (wanted[i] ?? 0))).toBeLessThanOrEqual(1e-7);
    });
  });
});
