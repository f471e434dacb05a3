import { Command, CommanderError } from 'commander';
import { errorInfo, errorText, GraffitistError } from '../worker/errors.ts';
import { withDataArguments } from './dataArguments.ts';
import { demoCommand } from './demoCommand.ts';
import { demoTrainCommand } from './demoTrainCommand.ts';
import { type DiffOptions, diffCommand } from './diffCommand.ts';
import { type ExplainOptions, explainCommand } from './explainCommand.ts';
import { type GenCalibSetOptions, genCalibSetCommand } from './genCalibSetCommand.ts';
import { type GraffitizeOptions, graffitizeCommand } from './graffitizeCommand.ts';
import { transformsHelp } from './help.ts';
import { type InspectOptions, inspectCommand } from './inspectCommand.ts';
import { type TrainArguments, trainWords, withTrainArguments } from './trainArguments.ts';
import { trainCommand } from './trainCommand.ts';
import { type ValidateOptions, validateCommand } from './validateCommand.ts';
import { zooCommand } from './zooCommand.ts';

/** Runs the command line. @returns the exit code: 0 done, 1 refused or different, 2 wrong use, 130 stopped by Ctrl-C */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('graffitize')
    .description('Rewrite a TensorFlow graph for fixed-point hardware: fold, strip, quantize, calibrate.')
    .exitOverride()
    .enablePositionalOptions()
    .showHelpAfterError('(graffitize -h lists every argument and transform)')
    .option('--in_graph <file>', 'input graph: .pb, .pbtxt, .meta, or a SavedModel (its folder or its saved_model.pb)')
    .option('--out_graph <file>', 'output graph: .pb, .pbtxt, .meta, or a SavedModel (a folder or a path that ends in saved_model.pb)')
    .option('--inputs <names...>', 'input node names')
    .option('--outputs <names...>', 'output node names')
    .option('--input_shape <H,W,C...>', 'input shape without the batch dimension, once for all inputs or once per input')
    .option('--transforms <expressions...>', "transforms in order, each name or 'name(key=value, key=value)'")
    .option(
      '--recipe <name or file.json>',
      'interface and transforms of a network (inception_v3/int8) or a recipe file; arguments given here win',
    )
    .option(
      '--calibration <files...>',
      'calibration images [N,H,W,C] (default: calibration_set.npy or .npz beside the graph); of several inputs one .npy named after each, or one .npz',
    )
    .option('--data_dir, --data <paths...>', 'images that the calibration set of a recipe is made from, as the recipe says it')
    .option('--labels <rule>', 'of those images, where the set is balanced: auto, carried, folders, wnid, darknet, or a table', 'auto')
    .option('--in_ckpt <prefix>', 'checkpoint (default: the one that the file `checkpoint` beside the graph names)')
    .option('--freeze', 'write weights and thresholds as constants into one .pb')
    .option('--backend <name>', 'wasm, webgpu or reference', 'wasm')
    .option('--saved_model_tag <tag>', 'which graph of a SavedModel, by its tag (needed where it holds several)')
    .option('--superuser', 'skip the check for unsupported ops')
    .option('--json', 'print the report as JSON on standard output')
    .addHelpText('after', () => `\nTransforms:\n${transformsHelp()}`)
    .action(async (options: GraffitizeOptions) => {
      code = await graffitizeCommand(options);
    });
  program
    .command('inspect <graph>')
    .description('print nodes, ops, inputs and outputs found, and quantizers with bits, scale and threshold')
    .option('--in_ckpt <prefix>', 'checkpoint that holds the thresholds')
    .option('--saved_model_tag <tag>', 'which graph of a SavedModel, by its tag')
    .option('--json', 'print JSON')
    .action(async (graph: string, options: InspectOptions) => {
      code = await inspectCommand(graph, options);
    });
  program
    .command('explain <graph>')
    .description('print what stays in float when the graph is quantized, where it leaves the nearest pattern, and the mend')
    .option('--node <name>', 'this node alone')
    .option('--inputs <names...>', 'input node names (default: found)')
    .option('--outputs <names...>', 'output node names (default: found)')
    .option('--input_shape <H,W,C...>', 'input shape without the batch dimension (default: found)')
    .option('--json', 'print JSON')
    .action(async (graph: string, options: ExplainOptions) => {
      code = await explainCommand(graph, options);
    });
  program
    .command('diff <expected> <actual>')
    .description('compare two graphs node by node; exit code 1 where they differ')
    .option('--limit <count>', 'differences printed', '20')
    .option('--json', 'print JSON')
    .action(async (expected: string, actual: string, options: DiffOptions) => {
      code = await diffCommand(expected, actual, options);
    });
  withDataArguments(program.command('validate'))
    .description(
      'run one or two networks over labelled images: top-1, top-5 and loss with intervals, and how the second differs from the first',
    )
    .option('--model_dir, --in_graph <file>', 'the graph, or the folder that holds it')
    .option('--against <file>', 'a second network for the same images, compared with the first')
    .option('--recipe <name or file.json>', 'compare with the result of this recipe')
    .option('--transforms <expressions...>', 'compare with the result of these transforms')
    .option('-b, --batch_size <count>', 'at most so many images at a time')
    .option('--limit <count>', 'so many of the images: the first ones, or with --seed a choice')
    .option('--seed <number>', 'of the choice of images')
    .option('--gen_calib_set', 'make a calibration set instead, as gen-calib-set does')
    .option('--calib_set_size <count>', 'images in that set (default: 50)')
    .option('--deterministic', 'accepted: results never depend on timing')
    .option('--inputs <names...>', 'input node names (default: found)')
    .option('--outputs <names...>', 'output node names (default: found)')
    .option('--input_shape <H,W,C...>', 'input shape without the batch dimension (default: found)')
    .option('--in_ckpt <prefix>', 'checkpoint (default: the one that the file `checkpoint` beside the graph names)')
    .option('--against_ckpt <prefix>', 'checkpoint of the second network')
    .option('--calibration <files...>', 'calibration images of a recipe (default: calibration_set.npy or .npz beside the graph)')
    .option('--saved_model_tag <tag>', 'which graph of a SavedModel, by its tag')
    .option('--superuser', 'skip the check for unsupported ops')
    .option('--backend <name>', 'wasm, webgpu or reference', 'wasm')
    .option('--no_check', 'leave out the look at a few images before the run')
    .option('--csv <file>', 'write networks, classes and changed images')
    .option('--confusion <file>', 'write how often each class got which answer, as CSV')
    .option('--append <file>', 'append a line per network, as the original does to pretrained_results.txt')
    .option('--json', 'print the evaluation as JSON')
    .action(async (options: ValidateOptions) => {
      code = await validateCommand(options);
    });
  withDataArguments(program.command('gen-calib-set'))
    .description('choose images and write them as a calibration set: calibration_set.npy, and a list that a recipe pins')
    .option('--model_dir, --in_graph <file>', 'the graph that they are for, or the folder that holds it: gives size and preprocessing')
    .option('--calib_set_size, --size <count>', 'how many images (default: 50)')
    .option('--seed <number>', 'of the choice (default: 0)')
    .option('--first', 'the first images, instead of a choice')
    .option('--balanced', 'as many of every class as can be')
    .option('--from_list <file.json>', 'make the set of this list again, or name what differs')
    .option('--out <file.npy>', 'where it goes, the list beside it (default: calibration_set.npy beside the graph)')
    .option('--in_ckpt <prefix>', 'checkpoint (default: the one that the file `checkpoint` beside the graph names)')
    .option('--saved_model_tag <tag>', 'which graph of a SavedModel, by its tag')
    .option('--backend <name>', 'wasm, webgpu or reference', 'wasm')
    .option('--no_check', 'leave out the look at a few images before')
    .option('--json', 'print what was made as JSON')
    .action(async (options: GenCalibSetOptions) => {
      code = await genCalibSetCommand(options);
    });
  withTrainArguments(program.command('train'))
    .description('retrain weights and thresholds on labelled images, or towards the float network itself, and write the inference graph')
    .action(async (options: TrainArguments, command: Command) => {
      const named = Object.keys(options).filter((name) => command.getOptionValueSource(name) === 'cli');
      code = await trainCommand(options, named);
    });
  program
    .command('zoo')
    .description('list the networks that are recognised, with interface, first and last layer and recipes')
    .option('--json', 'print JSON')
    .action(zooCommand);
  program
    .command('demo')
    .description('quantize the sample model and print what happened')
    .option('--train', 'retrain it: what static quantization loses, and what comes back')
    .option('--out <folder>', 'where the results go', 'graffitist-demo')
    .action(async (options: { readonly out: string; readonly train?: boolean }) => {
      code = options.train === true ? await demoTrainCommand(options.out) : await demoCommand(options.out);
    });
  for (const command of program.commands) command.exitOverride();
  try {
    await program.parseAsync([...trainWords(argv)], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const info = errorInfo(error);
    process.stderr.write(`error [${info.code}] ${errorText(info)}\n`);
    if (!(error instanceof GraffitistError) && process.env.GRAFFITIST_DEBUG) console.error(error);
    return info.code === 'cancelled' ? 130 : 1;
  }
}
