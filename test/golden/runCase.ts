import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Tensor } from '../../worker/formats/tensor.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import type { Model } from '../../worker/graph/model.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { admitGraph } from '../../worker/transforms/admission.ts';
import { parseExpression } from '../../worker/transforms/expression.ts';
import { NO_CONTEXT, runTransforms, type Step, type StepResult } from '../../worker/transforms/pipeline.ts';
import { shared } from '../shared.ts';

/** What case.json says of one run of the original. */
export interface CaseFile {
  readonly args: readonly string[];
  readonly original: 'ok' | 'fails' | 'hangs' | 'loses its output';
  readonly message?: string;
  readonly note?: string;
  readonly node_counts: readonly (readonly [stage: string, nodes: number])[];
  readonly calibration_order?: readonly string[];
}

/** The command line of a case, read. */
export interface CaseArguments {
  readonly inGraph: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly inputShape: readonly number[];
  readonly transforms: readonly string[];
  readonly superuser: boolean;
}

export interface CaseResult {
  readonly model: Model;
  readonly results: readonly StepResult[];
  /** As the original prints them: after opening, after every transform. */
  readonly nodeCounts: readonly (readonly [stage: string, nodes: number])[];
}

/** Names of the folders of `cases/micro`. */
export function microCases(): readonly string[] {
  return readdirSync(shared('cases/micro')).filter((name) => name.includes('__'));
}

export function caseFile(folder: string): CaseFile {
  return JSON.parse(readFileSync(shared(folder, 'case.json'), 'utf8')) as CaseFile;
}

/** A GraphDef of the reference cases, `.gz` too. */
export function readGraph(...parts: string[]): Graph {
  const file = shared(...parts);
  const bytes = readFileSync(file);
  return openGraph(new Uint8Array(file.endsWith('.gz') ? gunzipSync(bytes) : bytes), path.basename(file));
}

/** `--name value …` as the original reads it. */
export function readArguments(args: readonly string[]): CaseArguments {
  const given = new Map<string, string[]>();
  let values: string[] = [];
  for (const word of args) {
    if (word.startsWith('--')) {
      values = [];
      given.set(word, values);
    } else {
      values.push(word);
    }
  }
  return {
    inGraph: given.get('--in_graph')?.[0] ?? '',
    inputs: given.get('--inputs') ?? [],
    outputs: given.get('--outputs') ?? [],
    inputShape: (given.get('--input_shape')?.[0] ?? '').split(',').map(Number),
    transforms: given.get('--transforms') ?? [],
    superuser: given.has('--superuser'),
  };
}

/** Runs the transforms of a command line on `graph`, without engine and without calibration. @throws GraffitistError */
export function runArguments(graph: Graph, args: CaseArguments, context = NO_CONTEXT): CaseResult {
  const steps = args.transforms.map((text, index): Step => ({ id: `${index + 1}`, ...parseExpression(text), bypassed: false }));
  if (!args.superuser) admitGraph(graph, args.outputs);
  const opened: Model = {
    graph,
    variables: noVariables,
    inputs: args.inputs,
    outputs: args.outputs,
    inputShape: args.inputShape,
    shapes: new Map(),
    ...(args.superuser ? { refused: false } : {}),
  };
  const results = [...runTransforms(opened, steps, context)];
  const model = results.at(-1)?.model ?? opened;
  const counts = results.map(({ step, model: { graph: after } }) => [step.transform, after.nodes.length] as const);
  return { model, results, nodeCounts: [['graph', graph.nodes.length], ...counts] };
}

/** Runs a folder of `cases/micro`, with the text files that lie in it. @throws GraffitistError */
export function runMicroCase(name: string, variables: ReadonlyMap<string, Tensor> = new Map()): CaseResult {
  const folder = `cases/micro/${name}`;
  const args = readArguments(caseFile(folder).args);
  const lists = readdirSync(shared(folder)).filter((file) => file.endsWith('.txt'));
  const files = new Map(lists.map((file) => [file, readFileSync(shared(folder, file), 'utf8')]));
  return runArguments(readGraph(folder, args.inGraph), args, { files, variables });
}
