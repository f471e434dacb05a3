import { describe, expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import type { LossHead } from '../../../worker/execute/differentiate/deviceTape.ts';
import { Differentiator } from '../../../worker/execute/differentiate/differentiate.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import { trainableVariables } from '../../../worker/train/plan.ts';
import { sampleInput } from '../../golden/floatRun.ts';
import { Net, run } from '../transforms/build.ts';

/** Half the sum of squares of the output. */
const halfSquares: LossHead = (output, { kernels: k, scope }) => {
  const all = output.shape.map((_, axis) => axis);
  const [loss] = scope(() => [k.mul(k.reduce(k.mul(output, output), 'sum', all, false), k.constant('float32', [], [0.5]))]);
  return { loss: loss as NonNullable<typeof loss>, slope: k.identity(output) };
};

/** conv → batch norm in small ops → elu (without a kink) → depthwise → batch norm in small ops, all constants. */
function frozenNetwork(): Net {
  const net = new Net();
  const elu = net.math('a/Elu', 'Elu', net.smallBatchNorm('a', net.conv('a', net.input(), 3, 4), 4));
  net.math('end', 'Identity', net.smallBatchNorm('b', net.depthwise('b', elu, 4), 4));
  return net;
}

/** The variable's values, moved by a share of `direction`. */
function moved(tensor: Tensor, direction: readonly number[], by: number): Tensor {
  const values = Array.from(tensorNumbers(tensor), (value, i) => value + (direction[i] as number) * by);
  return makeTensor('float32', tensor.shape, values);
}

describe('a frozen network with batch norms in small ops, thawed', () => {
  it.each([
    ['as it is', ['fix_input_shape']],
    ['folded', ['fix_input_shape', 'fold_batch_norms']],
  ])('TRN20, GRD3 %s: gradients of weights, γ and β against finite differences', async (_form, further) => {
    const { model } = run(frozenNetwork(), ['end'], ['thaw_graph', ...further]);
    const values = await readVariables(model);
    const trained = new Set(trainableVariables(model));
    expect(trained.size).toBe(6);
    const backend = await createBackend('reference');
    const differentiator = new Differentiator(model.graph, {
      ...{ variables: model.variables, backend, feeds: ['input'], output: { node: 'end', port: 0 }, trained },
      changing: new Set(values.keys()),
    });
    const feeds = new Map([['input', sampleInput([8, 8, 3])]]);
    const at = (changed: ReadonlyMap<string, Tensor>) => differentiator.run({ feeds, values: changed, head: halfSquares });
    const { gradients } = await at(values);
    for (const name of trained) {
      const gradient = Array.from(gradients.get(name) ?? []);
      const norm = Math.hypot(...gradient);
      expect(norm).toBeGreaterThan(0);
      // Along the gradient the loss grows by its norm. Folded weights are rounded to float32, so that the step may not be small.
      const direction = gradient.map((value) => value / norm);
      const along = async (by: number) => (await at(new Map([...values, [name, moved(values.get(name) as Tensor, direction, by)]]))).loss;
      const measured = ((await along(2e-3)) - (await along(-2e-3))) / 4e-3;
      expect([name, Math.abs(measured / norm - 1) < 2e-3]).toEqual([name, true]);
    }
    differentiator.dispose();
    backend.dispose();
  });
});
