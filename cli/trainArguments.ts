import { type Command, Option } from 'commander';
import { GraffitistError } from '../worker/errors.ts';
import type { TrainingOptions, TrainRequest } from '../worker/protocol.ts';
import { trainingOptions, trainingOptionsSchema } from '../worker/train/options.ts';
import { scheduleOf } from '../worker/train/schedule.ts';
import { type DataArguments, withDataArguments } from './dataArguments.ts';

/** `batchSize` as an argument: `batch_size`. */
type Snake<Name extends string> = Name extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? First : `_${Lowercase<First>}`}${Snake<Rest>}`
  : '';

/** The options of a training run as arguments, each a text. */
type TrainingArguments = { readonly [Name in keyof TrainingOptions as Snake<Name>]?: string };

/** What `graffitize train` takes: the arguments of the original's train_imagenet_tf.py (facts 8.1) under its own names, and ours. */
export interface TrainArguments extends DataArguments, TrainingArguments {
  readonly in_graph?: string;
  readonly in_ckpt?: string;
  readonly saved_model_tag?: string;
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly input_shape?: readonly string[];
  readonly recipe?: string;
  readonly transforms?: readonly string[];
  readonly quantize?: string;
  readonly no_quantize?: boolean;
  readonly calibration?: readonly string[];
  readonly calib_set_size?: string;
  readonly val_data?: readonly string[];
  readonly val_images?: string;
  readonly preset?: string;
  readonly out_dir?: string;
  readonly store_every?: string;
  readonly resume?: boolean;
  readonly discard?: boolean;
  readonly log?: string;
  readonly superuser?: boolean;
  readonly no_check?: boolean;
  readonly backend: string;
  readonly json?: boolean;
}

const NAMES = Object.keys(trainingOptionsSchema.shape) as (keyof TrainingOptions)[];

/** `batchSize` → `batch_size` */
export function argumentOf(name: keyof TrainingOptions): keyof TrainingArguments {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) as keyof TrainingArguments;
}

/** Adds them to a command; those of the run itself come from its schema. */
export function withTrainArguments(command: Command): Command {
  withDataArguments(command)
    .option(
      '--meta_path, --in_graph <file>',
      'the graph: exported for training (.meta), or frozen or for evaluation (.pb, .pbtxt), which is thawed',
    )
    .option(
      '--ckpt_dir, --in_ckpt <prefix>',
      'checkpoint, or its folder (default: the one that the file `checkpoint` beside the graph names)',
    )
    .option('--saved_model_tag <tag>', 'which graph of a SavedModel, by its tag')
    .option('--inputs <names...>', 'input node names (default: found)')
    .option('--outputs <names...>', 'output node names (default: found)')
    .option('--input_shape <H,W,C...>', 'input shape without the batch dimension (default: found)')
    .option(
      '--recipe <name or file.json>',
      'train-int8, train-int4, of a network (inception_v3/train-int8), or a file (default: train-int8)',
    )
    .option('--transforms <expressions...>', 'the pipeline itself, in the place of a recipe')
    .option('--quantize <options>', "options of quantize beside those of the recipe: 'weight_bits=-4, first_layer=…'")
    .option('--no_quantize', 'float fine-tuning: no quantizers, mode float')
    .option('--calibration <files...>', 'calibration images (default: calibration_set.npy beside the graph, else chosen from the data)')
    .option('--calib_set_size <count>', 'images that are chosen where no calibration set is there', '50')
    .option('--val_data <paths...>', 'images to validate on, as --data (default: some of the data are held out)')
    .option('--val_images <count>', 'images held out of the data (default: a tenth, at most 1,000)')
    .option('--preset <name>', 'short or published (default: published from more than 5,000 steps on)');
  const defaults = trainingOptions();
  for (const name of NAMES) {
    const summary = trainingOptionsSchema.shape[name].description ?? '';
    const text = `${summary.charAt(0).toLowerCase()}${summary.slice(1)} (${defaults[name] ?? 'none'})`;
    // What is off by itself is on by its name alone.
    const value = defaults[name] === false ? '[value]' : '<value>';
    command.addOption(new Option(`--${argumentOf(name)} ${value}`, text).preset('true'));
  }
  return command
    .option('--out_dir <folder>', 'where results go (default: <name>_trained)')
    .option('--store_every <steps>', 'the run is stored every so many steps, and when it is paused (default: 25)')
    .option('--resume', 'go on with the run that was paused in --out_dir; its arguments are known')
    .option('--discard', 'drop the run that was paused in --out_dir and begin anew')
    .option('--log <file.csv>', 'write loss, rates and every threshold of every step')
    .option('--superuser', 'skip the check for unsupported ops')
    .option('--no_check', 'leave out the look at a few images before')
    .option('--backend <name>', 'wasm, webgpu or reference', 'wasm')
    .option('--json', 'print the report as JSON');
}

/** TRC2: words of the original's script in the place of which commander wants longer ones: `-b_t`, `-b_v`. */
export function trainWords(argv: readonly string[]): readonly string[] {
  if (argv[0] !== 'train') return argv;
  const words: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? '';
    // How many images a validation takes at a time changes nothing.
    if (word === '-b_v') at++;
    else if (!/^-b_v=/.test(word)) words.push(word.replace(/^-b_t(?==|$)/, '--batch_size'));
  }
  return words;
}

/**
 * TRC1: the options of the run that arguments give.
 * @throws GraffitistError `option-invalid` naming the argument
 */
export function optionsGiven(given: TrainArguments): Partial<TrainingOptions> {
  const values = NAMES.flatMap((name) => {
    const text = given[argumentOf(name)];
    return text === undefined ? [] : [[name, readValue(name, text)] as const];
  });
  const options: Partial<TrainingOptions> = Object.fromEntries(values);
  if (given.no_quantize !== true) return options;
  if (options.mode !== undefined && options.mode !== 'float') {
    throw new GraffitistError('option-invalid', `Without quantizers there is no mode '${options.mode}'.`, {
      about: '--mode',
      remedy: 'Leave out --mode or --no_quantize.',
    });
  }
  return { ...options, mode: 'float' };
}

function readValue(name: keyof TrainingOptions, text: string): unknown {
  const schema = trainingOptionsSchema.shape[name];
  const words: Readonly<Record<string, unknown>> = { true: true, false: false, none: null };
  const value = Object.hasOwn(words, text.toLowerCase())
    ? words[text.toLowerCase()]
    : text.trim() !== '' && Number.isFinite(Number(text))
      ? Number(text)
      : text;
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]?.message ?? 'it is invalid';
  throw new GraffitistError('option-invalid', `'${text}' cannot be taken: ${issue}.`, {
    about: `--${argumentOf(name)}`,
    remedy: schema.description ?? '',
  });
}

/** Runs of more steps than these are long enough for the constants of the published one. */
const LONG = 5000;

/** TRC3: the preset that is asked for, else the one that fits the steps which the options make of so many images. @throws GraffitistError `option-invalid` */
export function presetFor(given: string | undefined, options: Partial<TrainingOptions>, images: number): TrainRequest['preset'] {
  if (given === 'short' || given === 'published') return given;
  if (given !== undefined) {
    throw new GraffitistError('option-invalid', `'${given}' is no preset.`, { about: '--preset', remedy: 'Choose short or published.' });
  }
  return scheduleOf(trainingOptions(options), images).steps > LONG ? 'published' : 'short';
}
