import { GraffitistError } from '../errors.ts';
import type { OptionValue } from './transform.ts';

/** Transforms of Graffitist that this version does not bring yet. */
const TRANSFORMS: ReadonlySet<string> = new Set(['freeze_graph', 'fold_batch_norms_inplace']);

/** Options that this version does not bring yet, with the value at which they do nothing: that value is taken, any other refused. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, OptionValue>>>> = {
  quantize: {
    layer_merge_list: null,
    conv_split_list: null,
    left_shift_list: null,
    dump_quant_params: false,
    bit_accurate: false,
  },
};

/** @throws GraffitistError `transform-later` if the transform is one of those */
export function refuseLaterTransform(name: string): void {
  if (!TRANSFORMS.has(name)) return;
  throw new GraffitistError('transform-later', `Transform '${name}' of Graffitist is not in this version yet.`, {
    about: name,
    remedy: `Leave out '${name}'.`,
  });
}

/** The value at which an option that comes later does nothing; undefined for any other option. */
export function laterOption(transform: string, option: string): OptionValue | undefined {
  const options = OPTIONS[transform];
  return options !== undefined && Object.hasOwn(options, option) ? options[option] : undefined;
}

/** The refusal of an option that comes later. */
export function optionComesLater(transform: string, option: string): GraffitistError {
  return new GraffitistError('transform-later', `Option '${option}' of transform '${transform}' is not in this version yet.`, {
    about: option,
    remedy: `Leave out '${option}'.`,
  });
}
