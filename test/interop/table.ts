import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasShared, shared } from '../sharedFolder.ts';

/** What a written graph is read as by TensorFlow. */
export type Form = 'pb' | 'pbtxt' | 'meta' | 'saved_model';

/** One form of a run's graph. */
export interface WrittenForm {
  readonly form: Form;
  /** What `--out_graph` names, relative to the run's folder. */
  readonly file: string;
}

/** One pipeline on one network, written in every form and loaded by TensorFlow. */
export interface Run {
  readonly name: string;
  /** Files that are copied into the run's folder. */
  readonly files: readonly string[];
  /** The command line without `--out_graph`, file names relative to the folder. */
  readonly args: readonly string[];
  readonly forms: readonly WrittenForm[];
  /** Name of the checkpoint that is written beside the input graph. */
  readonly checkpoint?: string;
  /** The checkpoint that the weights come from, where the graph keeps its variables. */
  readonly weights?: string;
  /** `dump_quant_params` is among the options: parameters and weights are written beside the input graph. */
  readonly dumps?: boolean;
  /** The output of a training graph, whose MetaGraph is imported, restored and run. */
  readonly training?: string;
  /** What TensorFlow made of the network before it was rewritten. */
  readonly same?: { readonly answers: string; readonly input: string; readonly output: string };
  /** For TensorFlow 2 alone: its variables have an attribute (`debug_name`) that 1.14 refuses to import. */
  readonly modern?: boolean;
  /** Run it in TensorFlow beside the engine; graphs without weights are only imported. */
  readonly runs: boolean;
  /** What the original made of it. */
  readonly expected?: string;
}

const RECIPE_1 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const BITS = 'weight_bits=-8, activation_bits=-8, layer_bits=-16, relu_bits=8, avgpool_bits=8, avgpool_reciprocal_bits=8';
const OTHER_FORMS: readonly WrittenForm[] = [
  { form: 'pbtxt', file: 'out.pbtxt' },
  { form: 'meta', file: 'out.meta' },
  { form: 'saved_model', file: 'saved/saved_model.pb' },
];
const SAVED_MODEL = OTHER_FORMS.filter(({ form }) => form === 'saved_model');
const PB: readonly WrittenForm[] = [{ form: 'pb', file: 'out.pb' }];

interface Network {
  readonly name: string;
  readonly folder: string;
  readonly graph: string;
  readonly frozen: string;
  readonly meta: string;
  readonly ckpt: string;
  readonly output: string;
  readonly shape: string;
}

/** Networks with weights: the sample, and those of the reference cases. */
function networks(): Network[] {
  const sample: Network = {
    name: 'sample',
    folder: fileURLToPath(new URL('../../public/sample', import.meta.url)),
    graph: 'shapes_mnv1_eval.pb',
    frozen: 'shapes_mnv1_frozen.pb',
    meta: 'shapes_mnv1.ckpt.meta',
    ckpt: 'shapes_mnv1.ckpt',
    output: 'MobilenetV1/Predictions/Softmax',
    shape: '32,32,3',
  };
  const small = ['small_mobilenet_v2', 'small_resnet_v1'].map((name): Network => {
    const folder = shared('cases/nets', name);
    const { output } = JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')) as { output: string };
    return {
      name,
      folder,
      graph: `${name}_eval.pb`,
      frozen: `${name}_frozen.pb`,
      meta: `${name}_train.meta`,
      ckpt: `${name}.ckpt`,
      output,
      shape: '64,64,3',
    };
  });
  return hasShared ? [sample, ...small] : [sample];
}

/** Recipes 1, 2 (with variables, and frozen either before or by the command line) and 3a on a network with weights. */
function recipesOf(network: Network): Run[] {
  const { name, folder, graph, frozen, meta, ckpt, output, shape } = network;
  const variables = [`${ckpt}.index`, `${ckpt}.data-00000-of-00001`, 'checkpoint'];
  const files = (...names: string[]): string[] => names.map((file) => path.join(folder, file));
  const args = (input: string, ...steps: string[]): string[] => [
    ...['--in_graph', input, '--inputs', 'input', '--outputs', output, '--input_shape', shape],
    ...['--transforms', ...steps],
  ];
  const written = ckpt.replace(/\.ckpt$/, '_graffitist.ckpt');
  const expected = (folderName: string): { expected?: string } =>
    existsSync(path.join(folder, folderName, 'expected.pb')) ? { expected: path.join(folder, folderName, 'expected.pb') } : {};
  return [
    {
      name: `${name} recipe 1`,
      files: files(graph, ...variables),
      args: args(graph, ...RECIPE_1),
      forms: [...PB, ...OTHER_FORMS],
      weights: ckpt,
      runs: true,
      ...expected('cal_recipe1'),
    },
    {
      name: `${name} recipe 1 on the frozen graph`,
      files: files(frozen),
      args: args(frozen, ...RECIPE_1),
      forms: [...PB, ...OTHER_FORMS],
      runs: true,
    },
    {
      name: `${name} recipe 2`,
      files: files(graph, 'calibration_set.npy', ...variables),
      args: args(graph, ...RECIPE_1, `quantize(${BITS})`),
      forms: [...PB, ...OTHER_FORMS],
      checkpoint: written,
      weights: ckpt,
      runs: true,
      ...expected('cal_recipe2_int8'),
    },
    {
      name: `${name} recipe 2, equalized`,
      files: files(graph, 'calibration_set.npy', ...variables),
      args: args(graph, ...RECIPE_1, 'equalize_layers(power_of_two=True)', 'correct_biases', `quantize(${BITS})`),
      forms: PB,
      checkpoint: written,
      runs: true,
    },
    {
      name: `${name} recipe 1, equalized, on the frozen graph`,
      files: files(frozen),
      args: args(frozen, ...RECIPE_1, 'equalize_layers', 'correct_biases'),
      forms: [...PB, ...OTHER_FORMS],
      runs: true,
    },
    {
      name: `${name} recipe 2, dumped`,
      files: files(graph, 'calibration_set.npy', ...variables),
      args: args(graph, ...RECIPE_1, `quantize(dump_quant_params=True, ${BITS})`),
      forms: PB,
      checkpoint: written,
      weights: ckpt,
      dumps: true,
      runs: true,
    },
    {
      name: `${name} recipe 2, frozen by the command line`,
      files: files(graph, 'calibration_set.npy', ...variables),
      args: ['--freeze', ...args(graph, ...RECIPE_1, `quantize(${BITS})`)],
      forms: [...PB, ...OTHER_FORMS],
      runs: true,
    },
    {
      name: `${name} recipe 2 on the frozen graph`,
      files: files(frozen, 'calibration_set.npy'),
      args: args(frozen, ...RECIPE_1, `quantize(${BITS})`),
      forms: PB,
      checkpoint: 'frozen_model_graffitist.ckpt',
      runs: true,
      ...expected('cal_recipe2_int8_frozen'),
    },
    {
      name: `${name} recipe 3a`,
      files: files(meta, 'calibration_set.npy', ...variables),
      args: args(meta, 'fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', `quantize(is_training=True, ${BITS})`),
      forms: PB,
      checkpoint: written,
      training: output,
      runs: false,
    },
    {
      name: `${name} recipe 3a on the frozen graph, thawed`,
      files: files(frozen, 'calibration_set.npy'),
      args: args(frozen, 'thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers', `quantize(is_training=True, ${BITS})`),
      forms: PB,
      checkpoint: 'frozen_model_graffitist.ckpt',
      training: output,
      runs: false,
    },
  ];
}

/** Networks without weights: TensorFlow imports the rewritten graph, which is the original's node for node. */
function recordedRuns(): Run[] {
  if (!hasShared) return [];
  return readdirSync(shared('cases/nets')).flatMap((network) => {
    const folder = shared('cases/nets', network);
    const { recipes } = JSON.parse(readFileSync(path.join(folder, 'cases.json'), 'utf8')) as {
      readonly recipes: Readonly<Record<string, { readonly args: readonly string[] }>>;
    };
    return Object.entries(recipes).flatMap(([recipe, { args }]): Run[] => {
      if (!/^recipe(1|2_int8|3c_int[48])$/.test(recipe)) return [];
      const at = args.indexOf('--out_graph');
      const kept = [...args.slice(0, at), ...args.slice(at + 2)];
      const files = [path.join(folder, args[args.indexOf('--in_graph') + 1] ?? '')];
      const expected = path.join(folder, `${recipe}.pb.gz`);
      return [{ name: `${network} ${recipe}`, files, args: kept, forms: PB, runs: false, expected }];
    });
  });
}

/** A SavedModel of TensorFlow 2 that nobody froze: its network lies in functions, its variables are resources. */
function kerasRuns(folder: string): Run[] {
  const [input, output] = ['serving_default_image', 'StatefulPartitionedCall'];
  const args = (...steps: string[]): string[] => [
    ...['--in_graph', 'model', '--inputs', input, '--outputs', output, '--input_shape', '16,16,3'],
    ...['--transforms', ...steps],
  ];
  const files = [path.join(folder, 'model')];
  const same = { answers: path.join(folder, 'answers.npz'), input, output };
  return [
    { name: 'Keras recipe 1, frozen', files, args: ['--freeze', ...args(...RECIPE_1)], forms: [...PB, ...OTHER_FORMS], runs: true, same },
    { name: 'Keras recipe 1', files, args: args(...RECIPE_1), forms: SAVED_MODEL, runs: true, modern: true },
    { name: 'Keras recipe 2, frozen', files, args: ['--freeze', ...args(...RECIPE_1, `quantize(${BITS})`)], forms: PB, runs: true },
    {
      name: 'Keras recipe 2',
      files,
      args: args(...RECIPE_1, `quantize(${BITS})`),
      forms: [...PB, ...OTHER_FORMS],
      checkpoint: 'model/variables_graffitist.ckpt',
      runs: true,
      modern: true,
    },
  ];
}

/**
 * Everything that is written through the command line for TensorFlow to load.
 * @param keras folder with what `keras_model.py` made, null where there is no TensorFlow 2
 */
export function interopRuns(keras: string | null): Run[] {
  return [...networks().flatMap(recipesOf), ...(keras === null ? [] : kerasRuns(keras)), ...recordedRuns()];
}
