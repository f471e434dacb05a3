import { describe, expect, it } from 'vitest';
import type { LossHead } from '../../../worker/execute/differentiate/deviceTape.ts';
import { Differentiator } from '../../../worker/execute/differentiate/differentiate.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { parseEdge } from '../../../worker/graph/graph.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import type { Value } from '../../../worker/ops/kernels.ts';
import { describeShared } from '../../shared.ts';
import { withGivenRoots } from './givenRoots.ts';
import { originalArithmetic } from './originalArithmetic.ts';
import { farGradients } from './recordedSteps.ts';
import { FLOAT32, recordedRuns, trainedCase, trainedCases } from './trainedCases.ts';

/** freeze_bn and freeze_th of the recorded runs. */
const RUNS = [
  ['bn1_th0', 1, 0],
  ['bn0_th0', 0, 0],
  ['bn0_th1', 0, 1],
] as const;

/** Σ output · weights: a loss whose derivative is given. */
function weightedSum(weights: Tensor): LossHead {
  return (output, { kernels: k, upload, scope }) => {
    const slope = upload(weights);
    const all = output.shape.map((_, axis) => axis);
    const [loss] = scope(() => [k.reduce(k.mul(output, slope), 'sum', all, false)]) as [Value];
    return { loss, slope };
  };
}

/** Output, and gradients of Σ y · R by variable, with the switches fed. */
async function gradientsOf(name: string, backendName: keyof typeof FLOAT32, freezeBn: number, freezeTh: number, weights: Tensor) {
  const { model, input, output, images } = await trainedCase(name);
  const { graph: made, variables } = model;
  const switches = made.nodes.filter(({ name: node }) => /(^|\/)freeze_(bn|th)$/.test(node)).map(({ name: node }) => node);
  const read = await readVariables({ graph: made, variables });
  const trained = new Set(read.keys());
  const floats = new Map(
    [...read].map(([name, { shape, ...tensor }]) => [
      name,
      { shape, values: Float32Array.from(tensorNumbers({ shape, ...tensor } as Tensor)) },
    ]),
  );
  const { graph, ...given } = withGivenRoots(made);
  const values = new Map(
    [...given.with(floats)].map(([name, { shape, values: numbers }]) => [name, makeTensor('float32', shape, numbers)]),
  );
  for (const node of switches) values.set(node, makeTensor('bool', [], [node.endsWith('freeze_bn') ? freezeBn : freezeTh]));
  const backend = originalArithmetic(await FLOAT32[backendName]());
  try {
    const differentiator = new Differentiator(graph, {
      ...{ variables, backend, feeds: [input], output: parseEdge(output) },
      trained,
      changing: new Set(values.keys()),
    });
    const head = weightedSum(weights);
    const found = await differentiator.run({ feeds: new Map([[input, images]]), values, head });
    differentiator.dispose();
    return { ...found, left: backend.memory() };
  } finally {
    backend.dispose();
  }
}

describeShared('gradients of training graphs, in the arithmetic of the machine that they were recorded on', () => {
  it('are all there', () => expect(trainedCases.length).toBeGreaterThanOrEqual(4));

  describe.each(['wasm', 'reference'] as const)('on %s', (backend) => {
    it.each(trainedCases.flatMap((name) => RUNS.map((run) => [name, ...run] as const)))(
      'GRD3, GRD5 every variable of %s, %s',
      async (name, run, freezeBn, freezeTh) => {
        const recorded = recordedRuns(name);
        const { output, gradients, left } = await gradientsOf(name, backend, freezeBn, freezeTh, recorded.get('R') as Tensor);
        const prefix = `${run}|grad|`;
        const wanted = [...recorded].flatMap(([key, tensor]) =>
          key.startsWith(prefix) ? [[key.slice(prefix.length).replaceAll('|', '/'), tensorNumbers(tensor)] as const] : [],
        );
        expect(tensorNumbers(output)).toEqual(tensorNumbers(recorded.get(`${run}|y`) as Tensor));
        expect(wanted.length).toBeGreaterThan(5);
        expect(farGradients(gradients, wanted)).toEqual([]);
        expect(left).toBe(0);
      },
    );
  });
});
