import { GraffitistError } from '../errors.ts';
import { type ListLine, listLines } from '../quantize/listFile.ts';
import type { OptionValues, TransformContext } from './transform.ts';

/** The list files of a quantize step, line by line; empty where none is given. */
export interface QuantizeLists {
  readonly bits: readonly ListLine[];
  readonly merge: readonly ListLine[];
  readonly leftShift: readonly ListLine[];
  readonly convSplit: readonly ListLine[];
}

/**
 * Reads the list files that the options name.
 * @throws GraffitistError `file-missing`; `option-invalid` where the original takes an option for inference graphs only
 */
export function readLists(options: OptionValues, context: TransformContext): QuantizeLists {
  refuseInTraining(options);
  return {
    bits: linesOf('bits_list', options, context),
    merge: linesOf('layer_merge_list', options, context),
    leftShift: linesOf('left_shift_list', options, context),
    convSplit: linesOf('conv_split_list', options, context),
  };
}

/** The lines of the file that an option names; none where it names none. @throws GraffitistError `file-missing` */
export function linesOf(option: string, options: OptionValues, { files }: TransformContext): readonly ListLine[] {
  const name = options[option];
  if (typeof name !== 'string') return [];
  const text = files.get(name);
  if (text === undefined) throw new GraffitistError('file-missing', `The file '${name}' was not read.`, { about: option });
  return listLines(text);
}

/** Options that work on an inference graph only (facts 3.7). */
const INFERENCE_ONLY = ['left_shift_list', 'conv_split_list', 'dump_quant_params', 'bit_accurate'] as const;

function refuseInTraining(options: OptionValues): void {
  if (options.is_training !== true) return;
  const given = INFERENCE_ONLY.find((option) => options[option] !== null && options[option] !== false);
  if (given === undefined) return;
  throw new GraffitistError('option-invalid', `Option '${given}' works on an inference graph, not with is_training=True.`, {
    about: given,
    remedy: 'Leave it out here, and give it when the trained graph is quantized for inference.',
  });
}
