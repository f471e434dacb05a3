import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../../worker/execute/backend.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import { openGraphFile } from '../../worker/graph/graphFile.ts';
import { enginesAnswer, variablesIn } from './enginesAnswer.ts';
import type { Form, Run } from './table.ts';

const program = fileURLToPath(new URL('../../cli/graffitize.mjs', import.meta.url));

/** One thing for TensorFlow to do, as `manifest.json` lists it; paths are absolute. `modern`: for TensorFlow 2 alone. */
export type Check = { readonly modern?: boolean } & Job;

type Job =
  | { readonly name: string; readonly kind: 'failed'; readonly why: string }
  | {
      readonly name: string;
      readonly kind: 'graph';
      readonly form: Form;
      readonly file: string;
      /** Prefix of the checkpoint to restore, null for a graph without variables. */
      readonly checkpoint: string | null;
      /** `.npz`: what is fed (`feed|<node>`) and what the engine computed (`out|<tensor>`); null: the graph is only imported. */
      readonly answers: string | null;
    }
  | {
      readonly name: string;
      readonly kind: 'checkpoint';
      readonly prefix: string;
      /** The checkpoint whose weights it must hold unchanged, null where the graph had them as constants. */
      readonly weights: string | null;
      /** Every variable of the graph. */
      readonly variables: readonly string[];
      /** log2 t by threshold variable, as the command line reports them. */
      readonly thresholds: Readonly<Record<string, number>>;
    }
  | {
      readonly name: string;
      readonly kind: 'dump';
      readonly weights: string;
      readonly parameters: string;
      /** The quantized graph, and what its quantizers put out. */
      readonly file: string;
      readonly answers: string;
    }
  | {
      readonly name: string;
      readonly kind: 'train';
      /** The MetaGraph that a training script imports, and the checkpoint beside it. */
      readonly file: string;
      readonly checkpoint: string;
      /** What the engine computed with frozen batch norms. */
      readonly answers: string;
      readonly output: string;
    }
  | { readonly name: string; readonly kind: 'eager'; readonly folder: string; readonly answers: string }
  | {
      readonly name: string;
      readonly kind: 'same';
      /** A frozen graph, and what TensorFlow itself made of the network before: `images`, `answer`. */
      readonly file: string;
      readonly answers: string;
      readonly input: string;
      readonly output: string;
    }
  | {
      readonly name: string;
      readonly kind: 'answers';
      /** A frozen quantized graph; `.npz`: `images` as bytes (x / 127.5 − 1 is fed), their `labels`, the class that the engine gave each. */
      readonly file: string;
      readonly answers: string;
      readonly input: string;
      readonly output: string;
    }
  | { readonly name: string; readonly kind: 'golden'; readonly file: string; readonly expected: string };

/** Writes a run's files through the command line, and says what TensorFlow must find in them. */
export async function checksOf(run: Run, root: string, backend: Backend): Promise<Check[]> {
  const folder = path.join(root, run.name.replaceAll(/\W+/g, '_'));
  const checks: Check[] = [];
  let answers: string | null = null;
  for (const { form, file } of run.forms) {
    const name = `${run.name}, ${form}`;
    prepare(folder, run.files);
    const failure = graffitize(folder, [...run.args, '--out_graph', file]);
    if (failure !== null) {
      checks.push({ name, kind: 'failed', why: failure });
      continue;
    }
    const written = path.join(folder, file);
    const prefix = run.checkpoint ?? run.weights;
    const checkpoint = prefix === undefined ? null : path.join(folder, prefix);
    // Every form of a run is the same network: what it computes is taken from the first one.
    if (form === 'pb') {
      if (run.runs) answers = await enginesAnswer(written, checkpoint, path.join(folder, 'answers.npz'), backend);
      if (run.checkpoint !== undefined) checks.push(await checkpointCheck(run, folder, written, run.checkpoint));
      if (run.expected !== undefined) checks.push({ name: `${run.name}, golden`, kind: 'golden', file: written, expected: run.expected });
      if (run.training !== undefined) checks.push(await trainCheck(run, folder, run.training, backend));
      if (run.same !== undefined) checks.push({ name: `${run.name}, the network as it was`, kind: 'same', file: written, ...run.same });
      if (run.dumps === true && answers !== null) checks.push(dumpCheck(run, folder, written, answers));
    }
    checks.push({ name, kind: 'graph', form, file: written, checkpoint, answers });
    // LinearQuant is no op of TensorFlow: only graphs without are loaded as they stand.
    const plain = !run.args.some((argument) => argument.startsWith('quantize'));
    if (form === 'saved_model' && answers !== null && plain) {
      checks.push({ name: `${name}, by TensorFlow 2`, kind: 'eager', folder: path.dirname(written), answers });
    }
  }
  return run.modern === true ? checks.map((check) => ({ ...check, modern: true })) : checks;
}

/** The command line on a folder; null, or what it said. */
export function graffitize(folder: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return status === 0 ? null : `graffitize ended with ${status ?? error?.message}: ${stderr.slice(-500)}`;
}

/** Fresh copies, so that nothing of an earlier run is read. Forms of one run share a folder: what is written is kept. */
function prepare(folder: string, files: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  for (const file of files) {
    const copy = path.join(folder, path.basename(file));
    // Of a folder the files in it: what is written beside them is kept.
    if (!statSync(file).isDirectory()) rmSync(copy, { force: true });
    cpSync(file, copy, { recursive: true });
  }
}

async function checkpointCheck(run: Run, folder: string, graphFile: string, prefix: string): Promise<Check> {
  const { graph } = await openGraphFile({ name: path.basename(graphFile), blob: new Blob([readFileSync(graphFile)]) });
  const report = path.join(folder, 'inspected.json');
  const inspected = spawnSync(process.execPath, [program, 'inspect', graphFile, '--in_ckpt', path.join(folder, prefix), '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  writeFileSync(report, inspected.stdout);
  const { quantizers } = JSON.parse(inspected.stdout) as { quantizers: readonly { threshold: string; log2t: number }[] };
  return {
    name: `${run.name}, checkpoint`,
    kind: 'checkpoint',
    prefix: path.join(folder, prefix),
    // The folder's own copy of the weights is left as it was: the new checkpoint has a name of its own.
    weights: run.weights === undefined ? null : path.join(folder, run.weights),
    variables: variablesIn(graph),
    thresholds: Object.fromEntries(quantizers.map(({ threshold, log2t }) => [threshold, log2t])),
  };
}

/** What a training script does first: import the MetaGraph, restore through its saver, run with the switches either way. */
async function trainCheck(run: Run, folder: string, output: string, backend: Backend): Promise<Check> {
  const checkpoint = path.join(folder, run.checkpoint ?? '');
  const file = `${checkpoint}.meta`;
  const { graph } = await openGraphFile({ name: path.basename(file), blob: new Blob([readFileSync(file)]) });
  // A thawed network has its batch norms in inference form: there is nothing to freeze.
  const feeds = new Map(graph.has('freeze_bn') ? [['freeze_bn', makeTensor('bool', [], [1])] as const] : []);
  const answers = await enginesAnswer(file, checkpoint, path.join(folder, 'answers.npz'), backend, { output, feeds });
  return { name: `${run.name}, as a training script imports it`, kind: 'train', file, checkpoint, answers, output };
}

function dumpCheck(run: Run, folder: string, file: string, answers: string): Check {
  const [weights, parameters] = [path.join(folder, 'quantized_weights.h5'), path.join(folder, 'quantization_params.json')];
  return { name: `${run.name}, parameters and weights`, kind: 'dump', weights, parameters, file, answers };
}
