import { describe, expect, it } from 'vitest';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import type { LossHead } from '../../../worker/execute/differentiate/deviceTape.ts';
import { Differentiator } from '../../../worker/execute/differentiate/differentiate.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { parseEdge } from '../../../worker/graph/graph.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import type { Value } from '../../../worker/ops/kernels.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';
import { quantizedModel, recordedThresholds } from '../calibrate/calibrated.ts';
import { variablesOf } from '../floatRun.ts';
import { caseFile, microCases, readArguments } from '../runCase.ts';
import { farGradients, wideThresholds } from './recordedSteps.ts';

const cases = (hasShared ? microCases() : []).filter((name) => /^bn_train_.*__train/.test(name));

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

/** Gradients of Σ y · R by variable, with the switches fed. */
async function gradientsOf(name: string, backendName: 'wasm' | 'reference', freezeBn: number, freezeTh: number, weights: Tensor) {
  const folder = `cases/micro/${name}`;
  const { args } = caseFile(folder);
  const model = await quantizedModel(folder, args, await variablesOf(folder));
  const { graph, variables } = withThresholds(model, new Map(Object.entries(recordedThresholds(folder, 'expected_thresholds.json'))));
  const { inputs, outputs } = readArguments(args);
  const images = readNpz(shared(folder, 'expected_io.npz')).get('x0') as Tensor;
  const switches = graph.nodes.filter(({ name: node }) => /(^|\/)freeze_(bn|th)$/.test(node)).map(({ name: node }) => node);
  const values = new Map(await readVariables({ graph, variables }));
  const trained = new Set(values.keys());
  for (const node of switches) values.set(node, makeTensor('bool', [], [node.endsWith('freeze_bn') ? freezeBn : freezeTh]));
  const backend = await createBackend(backendName);
  try {
    const differentiator = new Differentiator(graph, {
      ...{ variables, backend, feeds: [inputs[0] ?? ''], output: parseEdge(outputs[0] ?? '') },
      trained,
      changing: new Set(values.keys()),
    });
    const head = weightedSum(weights);
    const found = await differentiator.run({ feeds: new Map([[inputs[0] ?? '', images]]), values, head });
    differentiator.dispose();
    return { ...found, wide: wideThresholds(graph), left: backend.memory() };
  } finally {
    backend.dispose();
  }
}

describeShared('gradients of training graphs as the original computes them', () => {
  it('are all there', () => expect(cases.length).toBeGreaterThanOrEqual(4));

  describe.each(['wasm', 'reference'] as const)('on %s', (backend) => {
    it.each(cases.flatMap((name) => RUNS.map((run) => [name, ...run] as const)))(
      'GRD3, GRD5 every variable of %s, %s',
      async (name, run, freezeBn, freezeTh) => {
        const recorded = readNpz(shared('cases/micro', name, 'expected_grads.npz'));
        const { gradients, wide, left } = await gradientsOf(name, backend, freezeBn, freezeTh, recorded.get('R') as Tensor);
        const prefix = `${run}|grad|`;
        const wanted = [...recorded].flatMap(([key, tensor]) =>
          key.startsWith(prefix) ? [[key.slice(prefix.length).replaceAll('|', '/'), tensorNumbers(tensor)] as const] : [],
        );
        expect(wanted.length).toBeGreaterThan(5);
        expect(farGradients(gradients, wanted, wide, freezeBn === 1)).toEqual([]);
        expect(left).toBe(0);
      },
    );
  });
});
