import { GraffitistError } from '../worker/errors.ts';

/** The number that an argument gives. @throws GraffitistError `option-invalid` */
export function wholeNumber(text: string, about: string, least: number): number {
  if (/^\d+$/.test(text) && Number(text) >= least) return Number(text);
  throw new GraffitistError('option-invalid', `'${text}' is no whole number.`, { about, remedy: `Give a whole number from ${least} on.` });
}
