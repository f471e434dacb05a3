/**
 * Just enough of the WebAssembly text format to write loops in it: functions with named parameters, locals and labels, one memory, flat
 * instructions. The text is turned into a module when it is first used, so that no toolchain and no binary file is needed.
 */

/**
 * Bytes of a module with these functions, each exported under its name. Its memory has `pages` and is exported as "memory", or is that of
 * another module, imported as "env" "memory".
 */
export function assemble(text: string, pages: number | 'imported'): Uint8Array {
  const functions = parse(tokens(text)).map(readFunction);
  const types = functions.map(({ params, results }) => [
    0x60,
    ...vector(params.map((type) => [type])),
    ...vector(results.map((type) => [type])),
  ]);
  const exported = functions.map(({ name }, index) => [...utf8(name), 0, ...unsigned(index)]);
  const own = pages !== 'imported';
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...(own ? [] : section(2, vector([[...utf8('env'), ...utf8('memory'), 2, 0, 0]]))),
    ...section(3, vector(functions.map((_, index) => unsigned(index)))),
    ...(own ? section(5, vector([[0, ...unsigned(pages)]])) : []),
    ...section(7, vector([...(own ? [[...utf8('memory'), 2, 0]] : []), ...exported])),
    ...section(10, vector(functions.map(({ body }) => [...unsigned(body.length), ...body]))),
  ]);
}

type Node = string | readonly Node[];

interface Compiled {
  readonly name: string;
  readonly params: readonly number[];
  readonly results: readonly number[];
  readonly body: readonly number[];
}

const TYPES: Readonly<Record<string, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };

/** Instructions without immediates. */
const PLAIN: Readonly<Record<string, readonly number[]>> = {
  'i32.lt_u': [0x49],
  'i32.lt_s': [0x48],
  'i32.gt_s': [0x4a],
  'i32.add': [0x6a],
  'i32.shl': [0x74],
  ...Object.fromEntries(
    Object.entries({
      'f32x4.splat': 0x13,
      'i32x4.splat': 0x11,
      'f32x4.eq': 0x41,
      'f32x4.lt': 0x43,
      'f32x4.gt': 0x44,
      'v128.and': 0x4e,
      'v128.andnot': 0x4f,
      'v128.or': 0x50,
      'v128.bitselect': 0x52,
      'f64x2.promote_low_f32x4': 0x5f,
      'f32x4.ceil': 0x67,
      'f32x4.floor': 0x68,
      'f32x4.nearest': 0x6a,
      'i32x4.abs': 0xa0,
      'i32x4.shr_u': 0xad,
      'i32x4.sub': 0xb1,
      'i32x4.min_s': 0xb6,
      'i32x4.max_s': 0xb8,
      'f32x4.abs': 0xe0,
      'f32x4.add': 0xe4,
      'f32x4.sub': 0xe5,
      'f32x4.mul': 0xe6,
      'f32x4.min': 0xe8,
      'f32x4.max': 0xe9,
      'f64x2.add': 0xf0,
      'f64x2.mul': 0xf2,
      'i32x4.trunc_sat_f32x4_s': 0xf8,
      'f32x4.convert_i32x4_s': 0xfa,
    }).map(([name, code]) => [name, [0xfd, ...unsigned(code)]]),
  ),
};

/** Instructions that read or write memory, with the alignment they state; an offset may follow. */
const MEMORY: Readonly<Record<string, readonly [opcode: readonly number[], align: number]>> = {
  'i32.load': [[0x28], 2],
  'i32.store': [[0x36], 2],
  'v128.load': [[0xfd, 0x00], 4],
  'v128.store': [[0xfd, 0x0b], 4],
};

function readFunction(node: Node): Compiled {
  if (typeof node === 'string') throw new SyntaxError(`a function was expected, not ${node}`);
  const [, title, ...rest] = node;
  const params: number[] = [];
  const results: number[] = [];
  const locals: number[] = [];
  const names = new Map<string, number>();
  const code: number[] = [];
  const labels: string[] = [];
  const words = rest.filter((part) => typeof part === 'string');
  for (const part of rest) {
    if (typeof part === 'string') continue;
    const [kind, ...names_and_type] = part as readonly string[];
    const type = TYPES[names_and_type.at(-1) ?? ''];
    if (type === undefined) throw new SyntaxError(`no type in (${part.join(' ')})`);
    if (kind === 'result') results.push(type);
    for (const name of names_and_type.slice(0, -1)) {
      names.set(name, names.size);
      (kind === 'param' ? params : locals).push(type);
    }
  }
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const next = (): string => words[++at] ?? '';
    const label = (): number[] => unsigned(labels.length - 1 - labels.lastIndexOf(next()));
    const offset = (): number[] => (/^offset=/.test(words[at + 1] ?? '') ? unsigned(Number(next().slice(7))) : [0]);
    const memory = MEMORY[word];
    if (PLAIN[word] !== undefined) code.push(...PLAIN[word]);
    else if (memory !== undefined) code.push(...memory[0], memory[1], ...offset());
    else if (word.startsWith('local.')) code.push({ get: 0x20, set: 0x21, tee: 0x22 }[word.slice(6)] ?? 0, ...local(names, next()));
    else if (word === 'i32.const') code.push(0x41, ...signed(Number(next())));
    else if (word === 'v128.zero') code.push(0xfd, 0x0c, ...new Array<number>(16).fill(0));
    else if (word === 'i8x16.shuffle') code.push(0xfd, 0x0d, ...Array.from({ length: 16 }, () => Number(next())));
    else if (word === 'i32x4.extract_lane') code.push(0xfd, 0x1b, Number(next()));
    else if (word === 'block' || word === 'loop') {
      labels.push(next());
      code.push(word === 'block' ? 0x02 : 0x03, 0x40);
    } else if (word === 'br_if') code.push(0x0d, ...label());
    else if (word === 'end') {
      labels.pop();
      code.push(0x0b);
    } else throw new SyntaxError(`unknown instruction ${word}`);
  }
  const declared = vector(locals.map((type) => [1, type]));
  return { name: String(title).slice(1), params, results, body: [...declared, ...code, 0x0b] };
}

function local(names: ReadonlyMap<string, number>, name: string): number[] {
  const index = names.get(name);
  if (index === undefined) throw new SyntaxError(`unknown local ${name}`);
  return unsigned(index);
}

function tokens(text: string): string[] {
  return text.replaceAll(/;;.*$/gm, '').match(/[()]|[^\s()]+/g) ?? [];
}

function parse(words: readonly string[]): readonly Node[] {
  const stack: Node[][] = [[]];
  for (const word of words) {
    if (word === '(') stack.push([]);
    else if (word === ')') {
      const done = stack.pop() ?? [];
      stack.at(-1)?.push(done);
    } else stack.at(-1)?.push(word);
  }
  return stack[0] ?? [];
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function utf8(text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const rest = value >> 7;
  const low = value & 0x7f;
  const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return done ? [low] : [low | 0x80, ...signed(rest)];
}
