import { GraffitistError } from '../errors.ts';
import { parseOption, printOption, unknownOption } from './options.ts';
import { transformNamed } from './registry.ts';
import type { OptionValue, OptionValues } from './transform.ts';

/** A transform with the options that were written; the others are at their defaults. */
export interface Expression {
  readonly transform: string;
  readonly options: OptionValues;
}

/**
 * Reads `name` or `name(key=value, key=value)`: every string that the original takes, and with spaces and commas as people write them.
 *
 * @throws GraffitistError `transform-unknown`, `option-unknown`, `option-invalid`
 */
export function parseExpression(text: string): Expression {
  const [, name = '', written = ''] = /^\s*([^()\s]*)\s*(?:\((.*?)\)?\s*)?$/s.exec(text) ?? [];
  if (name === '') {
    throw new GraffitistError('option-invalid', `'${text}' is not a transform.`, {
      about: text,
      remedy: "Write name or 'name(key=value, key=value)', quoted for the shell.",
    });
  }
  const transform = transformNamed(name);
  const options: Record<string, OptionValue> = {};
  for (const [key, value] of keyValues(written, name)) {
    const spec = Object.hasOwn(transform.options, key) ? transform.options[key] : undefined;
    if (spec === undefined) throw unknownOption(transform, key);
    options[key] = parseOption(key, spec, value);
  }
  return { transform: name, options };
}

/** The expression that `parseExpression` reads back; options at their default are left out. */
export function printExpression(name: string, options: OptionValues): string {
  const { options: specs } = transformNamed(name);
  const written = Object.entries(options)
    .map(([key, value]) => [key, printOption(value)] as const)
    .filter(([key, value]) => value !== printOption(specs[key]?.default ?? null));
  return written.length === 0 ? name : `${name}(${written.map(([key, value]) => `${key}=${value}`).join(', ')})`;
}

/** A comma parts two options only where the next `key=` follows it: values may hold commas. */
function keyValues(written: string, name: string): (readonly [key: string, value: string])[] {
  if (written.trim() === '') return [];
  return written.split(/,(?=\s*\w+\s*=)/).map((part) => {
    const at = part.indexOf('=');
    if (at < 0) {
      throw new GraffitistError('option-invalid', `'${part.trim()}' gives no value.`, {
        about: name,
        remedy: `Write ${name}(key=value, key=value).`,
      });
    }
    return [part.slice(0, at).trim(), part.slice(at + 1)] as const;
  });
}
