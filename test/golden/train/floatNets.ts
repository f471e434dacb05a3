import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import type { LossHead } from '../../../worker/execute/differentiate/deviceTape.ts';
import { Differentiator } from '../../../worker/execute/differentiate/differentiate.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import type { Value } from '../../../worker/ops/kernels.ts';
import { readNpz } from '../../npz.ts';
import { shared } from '../../shared.ts';
import { fileOf } from '../calibrate/calibrated.ts';
import { readGraph, runArguments } from '../runCase.ts';
import { type Kink, notingKinks } from './kinks.ts';
import { distance } from './recordedSteps.ts';

/** Training graphs in float with gradients from TensorFlow, of the loss Σ logits² ÷ (2 · images). */
export const NETS = { small_mobilenet_v2: 'MobilenetV2/Logits/Squeeze', small_resnet_v1: 'resnet_v1_small/SpatialSqueeze' } as const;

export type Net = keyof typeof NETS;

/** What the graph is before it is differentiated. */
export const FORMS = {
  'as exported': ['fix_input_shape'],
  'with folded batch norms that take statistics': ['fix_input_shape', 'fold_batch_norms(is_training=True)'],
} as const;

const halfSquares: LossHead = (output, { kernels: k, scope }) => {
  const images = output.shape[0] ?? 1;
  const scalar = (value: number): Value => k.constant('float32', [], [value]);
  const [loss, slope] = scope(() => [
    k.mul(k.reduce(k.mul(output, output), 'sum', [0, 1], false), scalar(0.5 / images)),
    k.mul(output, scalar(1 / images)),
  ]) as [Value, Value];
  return { loss, slope };
};

/** Output, loss and gradients of a run; statistics of each batch norm, variables that it started from, and kinks. */
export interface FloatRun {
  readonly output: Tensor;
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, ArrayLike<number>>;
  readonly statistics: ReadonlyMap<string, readonly Tensor[]>;
  readonly before: ReadonlyMap<string, Tensor>;
  readonly graph: Graph;
  readonly kinks: readonly Kink[];
}

/** Moving statistics after one update, which the batch's must explain: after = before + (batch − before) · share, share = 1 − decay. */
function farStatistics(
  scope: string,
  { statistics, before, graph }: FloatRun,
  numbers: (name: string) => ArrayLike<number>,
): readonly string[] {
  const decay = graph.node(`${scope}Const_2`).attr('value');
  const share = 1 - (decay?.kind === 'tensor' ? (tensorNumbers(decay.value)[0] ?? 1) : 1);
  return ['moving_mean', 'moving_variance'].flatMap((name, port) => {
    const after = numbers(`moving_after:${scope}${name}`);
    const start = tensorNumbers(before.get(`${scope}${name}`) as Tensor);
    const batch = tensorNumbers(statistics.get(`${scope}FusedBatchNorm`)?.[port] as Tensor);
    const wanted = Array.from(after, (value, i) => (value - (start[i] as number)) / share + (start[i] as number));
    return distance(batch, wanted) < 1e-3 ? [] : [`${scope}${name}: ${distance(batch, wanted)}`];
  });
}

/**
 * Within 1e-4 of the recorded norm, or within float32's rounding of the largest gradient: a β that another batch norm takes away again has
 * none of its own, only what rounding leaves of it.
 */
function isNear(ours: ArrayLike<number>, theirs: ArrayLike<number>, largest: number): boolean {
  const far = distance(ours, theirs);
  return far <= 1e-4 || far * Math.hypot(...Array.from(theirs)) <= largest * 5e-6;
}

/** Differentiates a network on the recorded images and notes the kinks that derivatives pass. */
export async function differentiated(net: Net, form: keyof typeof FORMS, backend: Backend): Promise<FloatRun> {
  const folder = `cases/nets/${net}`;
  const { model } = runArguments(readGraph(folder, `${net}_train.meta`), {
    ...{ inGraph: '', inputs: ['input'], outputs: [NETS[net]], inputShape: [64, 64, 3], transforms: FORMS[form], superuser: false },
  });
  const { graph } = model;
  const checkpoint = await openCheckpoint(['index', 'data-00000-of-00001'].map((end) => fileOf(folder, `${net}.ckpt.${end}`)));
  if (checkpoint === undefined) throw new Error('no checkpoint');
  const before = await readVariables({ graph, variables: checkpoint });
  const trained = new Set([...before.keys()].filter((name) => !/moving_/.test(name)));
  const batchNorms = graph.nodes.filter(({ op }) => op === 'FusedBatchNorm').map(({ name }) => name);
  const values = new Map(before);
  if (graph.has('freeze_bn')) values.set('freeze_bn', makeTensor('bool', [], [0]));
  const noted = notingKinks(backend);
  const differentiator = new Differentiator(graph, {
    ...{ variables: checkpoint, backend: noted.backend, feeds: ['input'], output: { node: NETS[net], port: 0 }, trained },
    changing: new Set(values.keys()),
    fetches: batchNorms.flatMap((node) => [1, 2].map((port) => ({ node, port }))),
  });
  const images = readNpy(new Uint8Array(readFileSync(shared(folder, 'ref_input.npy'))), 'ref_input.npy');
  const found = await differentiator.run({ feeds: new Map([['input', images]]), values, head: halfSquares });
  differentiator.dispose();
  const statistics = new Map(batchNorms.map((node, i) => [node, found.fetched.slice(2 * i, 2 * i + 2)]));
  return { ...found, statistics, before, graph, kinks: noted.kinks };
}

/** What TensorFlow gave, and what of a run is not that: outputs, the loss, statistics, gradients. */
export function recordedOf(net: Net) {
  const recorded = readNpz(shared(`cases/nets/${net}`, 'ref_train.npz'));
  const numbers = (name: string): ArrayLike<number> => tensorNumbers(recorded.get(name) as Tensor);
  const variables = [...recorded.keys()].flatMap((key) => (key.startsWith('grad:') ? [key.slice(5)] : []));
  const largest = Math.max(...variables.map((name) => Math.hypot(...Array.from(numbers(`grad:${name}`)))));
  const scopes = variables.flatMap((name) => (/\/gamma$/.test(name) ? [name.replace(/gamma$/, '')] : []));
  return {
    variables,
    expectForward: (found: FloatRun, tolerance: number): void => {
      expect(distance(tensorNumbers(found.output), numbers('logits'))).toBeLessThan(tolerance);
      expect(Math.abs(found.loss / (numbers('loss')[0] ?? 0) - 1)).toBeLessThan(tolerance);
      for (const scope of scopes) expect(farStatistics(scope, found, numbers)).toEqual([]);
    },
    farGradients: (gradients: ReadonlyMap<string, ArrayLike<number>>): readonly string[] =>
      variables.flatMap((name) => {
        const [ours, theirs] = [gradients.get(name) ?? [], numbers(`grad:${name}`)];
        return isNear(ours, theirs, largest) ? [] : [`${name}: ${distance(ours, theirs)}`];
      }),
  };
}
