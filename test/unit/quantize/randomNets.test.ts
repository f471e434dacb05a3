import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { calibrationOrder } from '../../../worker/quantize/calibrationOrder.ts';
import { freezeThresholds } from '../../../worker/quantize/freezeThresholds.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { Net } from './nets.ts';

const OPS = ['conv', 'convRelu', 'convRelu6', 'leaky', 'nobias', 'add', 'relu', 'concat', 'pool', 'depthwise', 'rescale', 'tied'] as const;
const step = fc.record({ op: fc.constantFrom(...OPS), from: fc.nat(), other: fc.nat() });
const width = fc.constantFrom(-8, -4, 4, 8);

/** Any layers on any earlier tensors, sensible or not. */
function build(steps: readonly { op: (typeof OPS)[number]; from: number; other: number }[]): Net {
  const net = new Net();
  const tensors = [net.input()];
  const [weights, bias] = [net.variable('tied/weights'), net.variable('tied/biases')];
  steps.forEach(({ op, from, other }, index) => {
    const name = `s${index % 3}/n${index}`;
    const x = tensors[from % tensors.length] ?? 'input';
    const y = tensors[other % tensors.length] ?? 'input';
    const make: Record<(typeof OPS)[number], () => string> = {
      conv: () => net.conv(name, x),
      convRelu: () => net.convRelu(name, x),
      convRelu6: () => net.convRelu(name, x, 'Relu6'),
      leaky: () => {
        const biased = net.conv(name, x);
        return net.node(`${name}/Maximum`, 'Maximum', [net.node(`${name}/mul`, 'Mul', [net.constant(`${name}/alpha`), biased]), biased]);
      },
      nobias: () => net.node(name, 'Conv2D', [x, net.variable(`${name}/weights`)]),
      add: () => net.node(name, 'Add', [x, y]),
      relu: () => net.relu(name, x),
      concat: () => net.concat(name, x, y, net.node(`${name}_concat_rescale_2`, 'Identity', [x])),
      pool: () => net.node(name, 'MaxPool', [x]),
      depthwise: () => net.conv(name, net.node(`${name}/depthwise`, 'DepthwiseConv2dNative', [x, net.variable(`${name}/dw`)])),
      rescale: () => net.node(name, 'Add', [net.node(`${name}_eltw_rescale_0`, 'Identity', [x]), y]),
      tied: () => net.conv(name, x, { weights, bias }),
    };
    tensors.push(make[op]());
  });
  return net;
}

describe('QNT any network', () => {
  it('QNT2 … QNT26 ends in a valid graph whose table reads back, or in a typed error', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), width, width, (steps, relu_bits, activation_bits) => {
        const net = build(steps);
        let result: ReturnType<Net['quantized']>;
        try {
          result = net.quantized({ relu_bits, activation_bits });
        } catch (error) {
          expect(error).toBeInstanceOf(GraffitistError);
          return;
        }
        const { graph } = result.model;
        validateGraph(graph);
        const quantizers = readQuantizers(graph);
        expect(calibrationOrder(graph).toSorted()).toEqual(quantizers.map(({ node }) => node).toSorted());
        for (const { members } of thresholdVariables(graph))
          expect(new Set(members.map(({ bits, signed }) => `${signed} ${bits}`)).size).toBe(1);
        const log2 = new Map(thresholdVariables(graph).map(({ name }, index) => [name, index % 7]));
        const frozen = freezeThresholds(graph, log2);
        validateGraph(frozen);
        expect(readQuantizers(frozen)).toEqual(quantizers.map((q) => ({ ...q, constantLog2: log2.get(q.threshold) })));
        expect(frozen.nodes.filter(({ name, op }) => op === 'VariableV2' && name.includes('threshold'))).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });
});
