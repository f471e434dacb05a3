import { readdirSync, readFileSync } from 'node:fs';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import { openCheckpoint } from '../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../worker/formats/tensorValues.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import type { VariableSource } from '../../worker/graph/model.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { shared } from '../shared.ts';

/** The checkpoint of a folder of the reference cases, or no variables. */
export async function variablesOf(folder: string): Promise<VariableSource> {
  const files = readdirSync(shared(folder)).filter((name) => name.startsWith('model.ckpt.') || name === 'checkpoint');
  const blobs = files.map((name) => ({ name, blob: new Blob([readFileSync(shared(folder, name))]) }));
  return (await openCheckpoint(blobs)) ?? noVariables;
}

/** Numbers in [-2, 2), the same ones every time, with two images in the batch. */
export function sampleInput(shape: readonly number[]): Tensor {
  const dims = [2, ...shape];
  let state = 1;
  const values = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 30 - 2;
  });
  return makeTensor('float32', dims, values);
}

/**
 * Output tensors of a graph in float64. With `wide`, constants are fed like inputs: what is computed from them alone (folded weights)
 * is then not rounded to float32 either.
 */
export async function floatOutputs(
  graph: Graph,
  run: {
    readonly variables: VariableSource;
    readonly inputs: readonly string[];
    readonly shape: readonly number[];
    readonly outputs: readonly string[];
    readonly wide?: boolean;
  },
): Promise<readonly (readonly number[])[]> {
  const backend = await createBackend('reference');
  try {
    const feeds = new Map(run.wide === true ? floatConstants(graph) : []);
    for (const name of run.inputs.filter((input) => graph.has(input))) feeds.set(name, sampleInput(run.shape));
    const results = await runGraph(graph, { variables: run.variables, feeds, fetches: run.outputs, backend });
    return run.outputs.map((name) => [...tensorNumbers(results.get(name) as Tensor)]);
  } finally {
    backend.dispose();
  }
}

function floatConstants(graph: Graph): [string, Tensor][] {
  return graph.nodes.flatMap((node): [string, Tensor][] => {
    const value = node.op === 'Const' ? node.attr('value') : undefined;
    return value?.kind === 'tensor' && value.value.dtype === 'float32' ? [[node.name, value.value]] : [];
  });
}

/** Largest |a − b| as a share of the largest |a|. */
export function relativeDifference(a: readonly number[], b: readonly number[]): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  const scale = a.reduce((most, value) => Math.max(most, Math.abs(value)), Number.MIN_VALUE);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / scale;
}
