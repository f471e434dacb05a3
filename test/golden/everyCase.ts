import { existsSync, readdirSync } from 'node:fs';
import { readSource } from '../../cli/files.ts';
import { requestFromArguments } from '../../worker/engine/commandLine.ts';
import { createEngine } from '../../worker/engine.ts';
import { type ErrorInfo, errorInfo } from '../../worker/errors.ts';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../worker/formats/tensorValues.ts';
import { Graph } from '../../worker/graph/graph.ts';
import type { VariableSource } from '../../worker/graph/model.ts';
import { shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { fileOf } from './calibrate/calibrated.ts';
import { caseFile, readArguments } from './runCase.ts';

/** What the engine says where it refuses a micro case; undefined: it did not. */
export async function refusalOf(name: string): Promise<ErrorInfo | undefined> {
  const folder = `cases/micro/${name}`;
  const { args, message = '' } = caseFile(folder);
  const { inGraph, inputs, outputs, inputShape, transforms, superuser } = readArguments(args);
  const beside = readdirSync(shared(folder)).filter((file) => /\.ckpt\.(index|data-)|^checkpoint$|\.txt$/.test(file));
  const images = message.includes("No such file or directory: 'calibration_set.npy'") ? [] : [fileOf('cases/micro', 'calibration_set.npy')];
  const engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
  try {
    const graph = existsSync(shared(folder, inGraph)) ? fileOf(folder, inGraph) : await readSource(shared(folder, inGraph));
    await engine.open([graph, ...beside.map((file) => fileOf(folder, file)), ...images]);
    const request = requestFromArguments({ inputs, outputs, input_shape: [inputShape.join(',')], transforms });
    const { steps } = await engine.run({ ...request, ...(superuser ? { superuser } : {}) });
    return steps.find(({ error }) => error !== undefined)?.error;
  } catch (error) {
    return errorInfo(error);
  } finally {
    engine.dispose();
  }
}

/** The recorded inputs: one per placeholder, in their order. */
export function recordedFeeds(recorded: ReadonlyMap<string, Tensor>, graph: Graph): ReadonlyMap<string, Tensor> {
  const images = graph.nodes.filter(({ op, name }) => op.startsWith('Placeholder') && !isFlag(graph, name));
  const fed = images.flatMap(({ name }, k) => {
    const batch = recorded.get(`x${k}`);
    return batch === undefined ? [] : [[name, batch] as const];
  });
  return new Map(fed);
}

function isFlag(graph: Graph, name: string): boolean {
  const dtype = graph.node(name).attr('dtype');
  return dtype?.kind === 'type' && dtype.value === 'bool';
}

/** Values of some nodes, on the float64 reference. */
export async function valuesOf(
  graph: Graph,
  variables: VariableSource,
  feeds: ReadonlyMap<string, Tensor>,
  fetches: readonly string[],
): Promise<readonly (readonly number[])[]> {
  const backend = await createBackend('reference');
  try {
    const known = new Map([...feeds].filter(([input]) => graph.has(input)));
    const results = await runGraph(graph, { variables, feeds: known, fetches, backend });
    return fetches.map((name) => [...tensorNumbers(results.get(name) as Tensor)]);
  } finally {
    backend.dispose();
  }
}

/** CheckNumerics passes on what it reads; nothing here executes it. */
export function withoutChecks(graph: Graph): Graph {
  return new Graph(
    graph.nodes.map((node) => (node.op === 'CheckNumerics' ? node.with({ op: 'Identity', attrs: { message: undefined } }) : node)),
  );
}
