import { GraffitistError } from '../errors.ts';

/** One line of a list file: its number, counted from 1, and what stands between its commas. */
export interface ListLine {
  readonly line: number;
  readonly fields: readonly string[];
}

/** The lines of a list file; empty ones are left out. The original wants a comma and one space, here blanks do not matter. */
export function listLines(text: string): ListLine[] {
  return text.split(/\r\n|\r|\n/).flatMap((written, index) => {
    const fields = written.split(',').map((field) => field.trim());
    return written.trim() === '' ? [] : [{ line: index + 1, fields: fields.at(-1) === '' ? fields.slice(0, -1) : fields }];
  });
}

/** A whole number in a field. @throws GraffitistError `option-invalid` naming the option and the line */
export function wholeNumber(option: string, line: number, field: string | undefined, what: string): number {
  if (field !== undefined && /^[+-]?\d+$/.test(field)) return Number(field);
  throw badLine(option, line, `'${field ?? ''}' is no ${what}.`);
}

/** `option-invalid` for a line of a list file. */
export function badLine(option: string, line: number, cause: string, remedy?: string): GraffitistError {
  return new GraffitistError('option-invalid', `Line ${line}: ${cause}`, { about: option, ...(remedy === undefined ? {} : { remedy }) });
}
