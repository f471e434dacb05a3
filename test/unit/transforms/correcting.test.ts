import { describe, expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { fixedPoint, formatOf, quantize } from '../../../worker/quantize/fixedPoint.ts';
import { random } from '../../../worker/random.ts';
import { type Distribution, meansOf, normalCdf } from '../../../worker/transforms/correct/distributions.ts';
import { correctBiases } from '../../../worker/transforms/correctBiases.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import type { OptionValues } from '../../../worker/transforms/transform.ts';
import { Net, RECIPE_1, run } from './build.ts';

const source = random(4, 'normal');

/** Box and Muller. */
function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - source.uniform())) * Math.cos(2 * Math.PI * source.uniform());
}

describe('means of what an activation makes of normal values', () => {
  it('COR1: Φ to seven digits', () => {
    // Abramowitz and Stegun, table 26.1.
    const table = [
      [0, 0.5],
      [0.5, 0.6914624613],
      [1, 0.8413447461],
      [2, 0.9772498681],
      [3.5, 0.9997673709],
    ] as const;
    for (const [x, value] of table) {
      expect(Math.abs(normalCdf(x) - value)).toBeLessThan(1.2e-7);
      expect(Math.abs(normalCdf(-x) - (1 - value))).toBeLessThan(1.2e-7);
    }
  });

  const [mean, deviation] = [Float64Array.of(-1.5, 0, 0.3, 2, 5.5, -2, 3), Float64Array.of(1, 0.5, 2, 0.1, 1.5, 0, 0)];
  it.each([
    ['linear', 1, Number.POSITIVE_INFINITY, (x: number) => x],
    ['relu', 0, Number.POSITIVE_INFINITY, (x: number) => Math.max(0, x)],
    ['relu6', 0, 6, (x: number) => Math.min(6, Math.max(0, x))],
    ['leaky', 0.1, Number.POSITIVE_INFINITY, (x: number) => Math.max(0.1 * x, x)],
  ] as const)('COR1: %s, against a hundred thousand draws', (_, slope, height, activation) => {
    const distribution: Distribution = { kind: 'normal', mean, deviation, slope, high: () => height };
    const draws = 100_000;
    meansOf(distribution).forEach((expected, channel) => {
      const [mu, sigma] = [mean[channel] ?? 0, deviation[channel] ?? 0];
      let [sum, squares] = [0, 0];
      for (let i = 0; i < draws; i++) {
        const value = activation(mu + sigma * normal());
        sum += value;
        squares += value * value;
      }
      const error = Math.sqrt(Math.max(0, squares / draws - (sum / draws) ** 2) / draws);
      expect(Math.abs(sum / draws - expected)).toBeLessThan(5 * error + 1e-6);
    });
  });
});

/** 1×1 conv with batch norm → activation → 1×1 conv with bias; the statistics are those of normal inputs of mean 0 and deviation 1. */
function normalizedNet(activation: string): Net {
  const net = new Net();
  const x = net.input();
  const at = (scope: string, input: string, from: number, to: number) => {
    const weights = net.weights(`${scope}/weights`, [1, 1, from, to]);
    return net.add(`${scope}/Conv2D`, 'Conv2D', [input, weights], {
      T: { kind: 'type', value: 'float32' },
      strides: { kind: 'list', value: { strings: [], ints: [1, 1, 1, 1], floats: [], bools: [], types: [], shapes: [] } },
      padding: { kind: 'string', value: 'VALID' },
    });
  };
  const conv = at('a', x, 3, 12);
  const norm = net.batchNorm('a', conv, 12);
  // Of a sum of independent normal values: mean 0, variance Σ w².
  const weights = numbers(net.graph(), 'a/weights');
  const variance = Array.from({ length: 12 }, (_, k) =>
    Array.from({ length: 3 }, (_unused, i) => weights[12 * i + k] ?? 0).reduce((s, w) => s + w * w, 0),
  );
  replaceValue(net, 'a/BatchNorm/moving_mean', new Array(12).fill(0));
  replaceValue(net, 'a/BatchNorm/moving_variance', variance);
  net.bias('b', at('b', net.math(`a/${activation}`, activation, norm), 12, 8), 8);
  return net;
}

function numbers(graph: Graph, name: string): Float32Array {
  const value = graph.node(name).attr('value');
  return value?.kind === 'tensor' ? (tensorNumbers(value.value) as Float32Array) : new Float32Array(0);
}

function replaceValue(net: Net, name: string, values: readonly number[]): void {
  const index = net.specs.findIndex((spec) => spec.name === name);
  const spec = net.specs[index];
  if (spec === undefined) throw new Error(name);
  const value = { kind: 'tensor', value: makeTensor('float32', [values.length], values) } as const;
  net.specs[index] = { ...spec, attrs: { ...spec.attrs, value } };
}

/** Means of the output over normal inputs, with the second layer's weights rounded to `bits` or left as they are. */
async function outputMeans(graph: Graph, bits: number | null): Promise<Float64Array> {
  const weights = numbers(graph, 'b/weights');
  const format = bits === null ? null : fixedPoint(formatOf(bits), Math.log2(Math.max(...weights.map(Math.abs))));
  const rounded = format === null ? weights : weights.map((weight) => quantize(weight, format, 'round'));
  const count = 300 * 8 * 8;
  const draws = random(9, 'inputs');
  const gauss = () => Math.sqrt(-2 * Math.log(1 - draws.uniform())) * Math.cos(2 * Math.PI * draws.uniform());
  const x = Float32Array.from({ length: count * 3 }, gauss);
  const backend = await createBackend('reference');
  try {
    const feeds = new Map<string, Tensor>([
      ['input', makeTensor('float32', [300, 8, 8, 3], x)],
      ['b/weights', makeTensor('float32', [1, 1, 12, 8], rounded)],
    ]);
    const results = await runGraph(graph, { variables: noVariables, feeds, fetches: ['b/BiasAdd'], backend });
    const values = tensorNumbers(results.get('b/BiasAdd') as Tensor);
    return Float64Array.from({ length: 8 }, (_, k) =>
      Array.from({ length: count }, (_unused, i) => values[8 * i + k] ?? 0).reduce((s, v) => s + v / count, 0),
    );
  } finally {
    backend.dispose();
  }
}

describe('correct_biases', () => {
  it.each(['Relu', 'Relu6'])('COR1: rounded weights leave the mean of every output where it was: behind %s', async (activation) => {
    const plain = run(normalizedNet(activation), ['b/BiasAdd']).model.graph;
    const { model, rules } = run(normalizedNet(activation), ['b/BiasAdd'], [...RECIPE_1, 'correct_biases(weight_bits=-3)']);
    expect(rules).toContain('COR1');
    const [float, rounded, corrected] = [await outputMeans(plain, null), await outputMeans(plain, -3), await outputMeans(model.graph, -3)];
    const off = (found: Float64Array) => Math.hypot(...found.map((value, k) => value - (float[k] ?? 0)));
    expect(off(rounded)).toBeGreaterThan(0.1);
    expect(off(corrected)).toBeLessThan(off(rounded) / 10);
  });

  it.each(['b/Conv2D, -3', '*, -3\na/Conv2D, -8', 'b/weights_weight_quant, -3\nb/BiasAdd_biasadd_quant, -4'])(
    'COR1, QNT61: bits_list %j rounds as weight_bits does',
    (list) => {
      const plain = run(normalizedNet('Relu'), ['b/BiasAdd']).model;
      const biases = (options: OptionValues, text: string) => {
        const context = { files: new Map([['bits.txt', text]]), variables: new Map() };
        const { model } = correctBiases.apply(plain, completeOptions(correctBiases, options), context);
        return [...numbers(model.graph, 'b/biases')];
      };
      expect(biases({ bits_list: 'bits.txt' }, list)).toEqual(biases({ weight_bits: -3 }, ''));
      expect(biases({ bits_list: 'bits.txt' }, list)).not.toEqual(biases({}, ''));
    },
  );

  it('COR2: left alone where no batch norm tells the mean: the first layer, behind a max pool', () => {
    const net = new Net();
    let x = net.math('a/Relu', 'Relu', net.batchNorm('a', net.conv('a', net.input(), 3, 4), 4));
    x = net.pool('pool', 'MaxPool', x, 2, 2, 'VALID');
    x = net.math('b/Relu', 'Relu', net.bias('b', net.conv('b', x, 4, 4), 4));
    net.bias('c', net.conv('c', x, 4, 4), 4);
    const { skipped } = run(net, ['c/BiasAdd'], [...RECIPE_1, 'correct_biases']);
    expect(skipped.filter((skip) => skip.startsWith('COR'))).toEqual(['COR2 a/Conv2D', 'COR2 b/Conv2D', 'COR2 c/Conv2D']);
  });

  it('COR3: means go through concats, sums and average pools; a bias that two layers share is left alone', () => {
    const net = new Net();
    const branch = (scope: string, x: string, from: number) => net.batchNorm(scope, net.conv(scope, x, from, 4), 4);
    const x = net.input();
    const [left, right] = [branch('l', x, 3), branch('r', x, 3)];
    const sum = net.math('sum', 'Add', left, right);
    const joined = net.concat('joined', [net.math('sum/Relu', 'Relu', sum), net.math('l/Relu', 'Relu', left)]);
    const pooled = net.pool('pool', 'AvgPool', joined, 2, 2, 'VALID');
    net.bias('c', net.conv('c', pooled, 8, 4), 4);
    net.bias('d', net.conv('d', pooled, 8, 4), 4);
    const shared = net.specs.findIndex(({ name }) => name === 'd/BiasAdd');
    net.specs[shared] = { ...(net.specs[shared] as (typeof net.specs)[number]), inputs: ['d/Conv2D', 'c/biases'] };
    net.bias('e', net.conv('e', pooled, 8, 4), 4);
    const { skipped, results } = run(net, ['c/BiasAdd', 'd/BiasAdd', 'e/BiasAdd'], [...RECIPE_1, 'correct_biases']);
    expect(skipped.filter((skip) => skip.startsWith('COR3'))).toEqual(['COR3 c/Conv2D', 'COR3 d/Conv2D']);
    expect(
      results
        .at(-1)
        ?.changes.filter(({ rule }) => rule === 'COR1')
        .map(({ before }) => before),
    ).toEqual([['e/biases']]);
  });
});
