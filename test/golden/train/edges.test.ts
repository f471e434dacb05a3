import { expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Quantizer } from '../../../worker/quantize/quantizer.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { describeShared } from '../../shared.ts';
import { originalArithmetic } from './originalArithmetic.ts';
import { FLOAT32, trainedCase, trainedCases } from './trainedCases.ts';

const UNFROZEN = makeTensor('bool', [], [0]);

/** Last bits of float32 that a few roundings and the order of a batch's sums come to, as a share of the largest value. */
const LAST_BITS = 2 ** -19;

type Case = Awaited<ReturnType<typeof trainedCase>>;

/** What goes into each quantizer and comes out of it, on the statistics of the batch. */
async function quantized({ model: { graph, variables }, input, images }: Case, quantizers: readonly Quantizer[], backend: Backend) {
  const fetches = quantizers.flatMap(({ source, node }) => [source, node]);
  const feeds = new Map([[input, images], ['freeze_bn', UNFROZEN] as const]);
  const values = await runGraph(graph, { variables, feeds, fetches, backend });
  return (name: string): Float32Array => Float32Array.from(tensorNumbers(values.get(name) as Tensor));
}

/** A quantizer's step, by its threshold. */
function stepOf({ bits, signed, threshold }: Quantizer, { thresholds }: Case): number {
  return 2 ** (Math.ceil(thresholds.get(threshold) ?? Number.NaN) - bits + (signed ? 1 : 0));
}

describeShared('codes on the statistics of the batch, in our own arithmetic beside that of the recording machine', () => {
  it.each(['wasm', 'reference'] as const)(
    'FBN12 on %s: 16-bit ones differ by one, beside an edge, and 8-bit ones nowhere',
    async (name) => {
      const own = await createBackend(name);
      const theirs = originalArithmetic(name === 'wasm' ? own : await FLOAT32[name]());
      let differing = 0;
      try {
        for (const one of await Promise.all(trainedCases.map(trainedCase))) {
          const quantizers = readQuantizers(one.model.graph);
          const [ours, original] = [await quantized(one, quantizers, own), await quantized(one, quantizers, theirs)];
          for (const quantizer of quantizers) {
            const [codes, expected, source] = [ours(quantizer.node), original(quantizer.node), original(quantizer.source)];
            const step = stepOf(quantizer, one);
            const reach = source.reduce((most, value) => Math.max(most, Math.abs(value)), 0) * LAST_BITS;
            const isBesideEdge = (value: number): boolean => Math.abs(value / step - Math.floor(value / step) - 0.5) * step <= reach;
            const wrong = codes.filter((code, i) => {
              const [wanted, value] = [expected[i] as number, source[i] as number];
              if (code === wanted) return false;
              differing++;
              return quantizer.bits <= 8 || Math.abs(code - wanted) !== step || !isBesideEdge(value);
            });
            expect([quantizer.name, ...wrong]).toEqual([quantizer.name]);
          }
        }
        // So that nothing is proven of codes that do not differ.
        expect(differing).toBeGreaterThan(20);
      } finally {
        own.dispose();
      }
    },
  );
});
