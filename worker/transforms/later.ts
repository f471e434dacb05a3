import { GraffitistError } from '../errors.ts';
import type { OptionValue } from './transform.ts';

/** Options that this version does not bring yet, with the value at which they do nothing: that value is taken, any other refused. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, OptionValue>>>> = {
  fold_batch_norms: { is_training: false },
  quantize: {
    is_training: false,
  },
};

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
