import { ENUMERATIONS, MESSAGES } from './messages.ts';

/** How a single value of a field stands in the text and on the wire. */
type ScalarType = 'string' | 'bytes' | 'bool' | 'float' | 'double' | 'int32' | 'int64' | 'uint32' | 'uint64';

/** A field of a message. Maps are repeated entries with the fields `key` and `value`, as protocol buffers write them. */
export interface Field {
  readonly name: string;
  readonly number: number;
  readonly repeated: boolean;
  readonly map: boolean;
  readonly type:
    | { readonly kind: 'scalar'; readonly scalar: ScalarType }
    | { readonly kind: 'enum'; readonly values: EnumType }
    | { readonly kind: 'message'; readonly message: () => Message };
}

/** A message: its fields by their names in the text and by their numbers on the wire. */
export interface Message {
  readonly name: string;
  readonly byName: ReadonlyMap<string, Field>;
  readonly byNumber: ReadonlyMap<number, Field>;
}

export interface EnumType {
  readonly name: string;
  readonly numbers: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<number, string>;
}

const ENUMS: ReadonlyMap<string, EnumType> = new Map(
  ENUMERATIONS.trim()
    .split(/\n(?=\w+ = )/)
    .map((line) => {
      const [name = '', values = ''] = line.split(' = ');
      return [name, enumType(name, values.trim().split(/\s+/))];
    }),
);

const SCALARS: ReadonlySet<string> = new Set(['string', 'bytes', 'bool', 'float', 'double', 'int32', 'int64', 'uint32', 'uint64']);

const messages: ReadonlyMap<string, Message> = new Map(
  MESSAGES.trim()
    .split(/\n(?=\w+ = )/)
    .map((line) => {
      const [name = '', fields = ''] = line.split(' = ');
      return [name, message(name, fields.split(';').map(parseField))];
    }),
);

/** The message of that name. */
export function messageNamed(name: string): Message {
  const found = messages.get(name);
  if (found === undefined) throw new Error(`There is no message ${name}.`);
  return found;
}

function message(name: string, fields: readonly Field[]): Message {
  return {
    name,
    byName: new Map(fields.map((field) => [field.name, field])),
    byNumber: new Map(fields.map((field) => [field.number, field])),
  };
}

/** `name: type number`, `name: type* number`, `name: type{} number` or `name: type{keyType} number`. */
function parseField(text: string): Field {
  const [, name = '', type = '', repeated, map, key = '', number] = /^\s*(\w+): (\w+)(?:(\*)|(\{(\w*)\}))? (\d+)\s*$/.exec(text) ?? [];
  const value = { name, number: Number(number), repeated: repeated !== undefined, map: false, type: fieldType(type) };
  if (map === undefined) return value;
  const entry = message(`${name} entry`, [
    { name: 'key', number: 1, repeated: false, map: false, type: fieldType(key === '' ? 'string' : key) },
    { ...value, name: 'value', number: 2 },
  ]);
  return { ...value, repeated: true, map: true, type: { kind: 'message', message: () => entry } };
}

function fieldType(name: string): Field['type'] {
  if (SCALARS.has(name)) return { kind: 'scalar', scalar: name as ScalarType };
  const values = ENUMS.get(name);
  return values === undefined ? { kind: 'message', message: () => messageNamed(name) } : { kind: 'enum', values };
}

function enumType(name: string, words: readonly string[]): EnumType {
  const numbers = new Map<string, number>();
  let next = 0;
  for (const word of words) {
    if (/^\d+$/.test(word)) next = Number(word);
    else numbers.set(word, next++);
  }
  return { name, numbers, names: new Map([...numbers].map(([value, number]) => [number, value])) };
}
