import { GraffitistError } from '../errors.ts';
import type { OptionSpec, OptionValue, OptionValues } from './transform.ts';

type Shown = { readonly common?: boolean };

/** True or False. */
export function flag(value: boolean, summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'flag', default: value, summary, ...shown };
}

/** A bit-width as the original writes it: negative is signed two's complement of that many bits, positive unsigned. */
export function bits(value: number, summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'bits', default: value, summary, ...shown };
}

/** A bit-width that another option gives unless it is written. */
export function otherBits(summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'bits', default: null, summary, ...shown };
}

/** The name of a node; none by default. */
export function nodeName(summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'node', default: null, summary, ...shown };
}

/** The name of a text file beside the graph; none by default. */
export function textFile(summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'file', default: null, summary, ...shown };
}

/** One of a few words. */
export function choice<const Words extends readonly string[]>(
  words: Words,
  value: Words[number],
  summary: string,
  shown: Shown = {},
): OptionSpec {
  return { kind: 'choice', choices: words, default: value, summary, ...shown };
}

/** A list, written `[a,b]`; empty by default. */
export function list(summary: string, shown: Shown = {}): OptionSpec {
  return { kind: 'list', default: [], summary, ...shown };
}

/**
 * Reads a value as the original does: integers as Python's `int`, flags true only if exactly `True`, lists in brackets, the rest as is.
 *
 * @throws GraffitistError `option-invalid` naming the option
 */
export function parseOption(name: string, spec: OptionSpec, written: string): OptionValue {
  const value = written.trim();
  switch (spec.kind) {
    case 'flag':
      return value === 'True';
    case 'bits':
      if (spec.default === null && (value === '' || value === 'None')) return null;
      if (!/^[+-]?\d+$/.test(value)) throw invalid(name, value, 'a whole number', 'Write for example -8 (signed) or 8 (unsigned).');
      return checkedOption(name, spec, Number(value));
    case 'list':
      return checkedOption(name, spec, parseList(value));
    case 'choice':
      return checkedOption(name, spec, value);
    default:
      return value === '' || value === 'None' ? null : value;
  }
}

/** A value as an expression writes it; `parseOption` reads it back. */
export function printOption(value: OptionValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  return value === null ? 'None' : String(value);
}

/**
 * The options of a transform, complete and of the right kinds: what is not given is at its default.
 *
 * @throws GraffitistError `option-unknown`, `option-invalid`
 */
export function completeOptions(
  transform: { readonly name: string; readonly options: Readonly<Record<string, OptionSpec>> },
  given: OptionValues,
): OptionValues {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(transform.options, name)) throw unknownOption(transform, name);
  }
  return Object.fromEntries(
    Object.entries(transform.options).map(([name, spec]) => [name, checkedOption(name, spec, given[name] ?? spec.default)]),
  );
}

/** `option-unknown`, listing what the transform has. */
export function unknownOption(
  transform: { readonly name: string; readonly options: Readonly<Record<string, OptionSpec>> },
  name: string,
): GraffitistError {
  const known = Object.keys(transform.options);
  return new GraffitistError('option-unknown', `Transform '${transform.name}' has no option '${name}'.`, {
    about: name,
    remedy: known.length === 0 ? 'It takes no options.' : `It takes ${known.join(', ')}.`,
  });
}

function checkedOption(name: string, spec: OptionSpec, value: OptionValue): OptionValue {
  switch (spec.kind) {
    case 'flag':
      if (typeof value !== 'boolean') throw invalid(name, printOption(value), 'True or False');
      return value;
    case 'bits':
      if (value === null && spec.default === null) return null;
      if (typeof value !== 'number' || !Number.isInteger(value) || value === 0 || Math.abs(value) > 32) {
        throw invalid(name, printOption(value), 'a bit-width', 'Write -2 to -32 (signed) or 1 to 32 (unsigned).');
      }
      if (value === -1) throw invalid(name, '-1', 'a bit-width', 'One bit has no room for a sign: write -2 to -32, or 1 to 32 (unsigned).');
      return value;
    case 'list':
      if (!Array.isArray(value)) throw invalid(name, printOption(value), 'a list', 'Write for example [a,b].');
      return value;
    case 'choice':
      if (spec.choices?.includes(String(value)) !== true) {
        throw invalid(name, printOption(value), 'one of its values', `Write ${(spec.choices ?? []).join(' or ')}.`);
      }
      return value;
    default:
      if (value !== null && typeof value !== 'string') throw invalid(name, printOption(value), 'a name');
      return value;
  }
}

function parseList(value: string): (string | number)[] {
  if (value === '' || value === 'None') return [];
  const inner = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  return inner
    .split(',')
    .map((item) => item.trim().replace(/^(['"])(.*)\1$/s, '$2'))
    .filter((item) => item !== '')
    .map((item) => (/^[+-]?\d+$/.test(item) ? Number(item) : item));
}

function invalid(name: string, value: string, wanted: string, remedy?: string): GraffitistError {
  return new GraffitistError('option-invalid', `'${value}' is not ${wanted}.`, {
    about: name,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
