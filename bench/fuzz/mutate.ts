import { joinBytes } from '../../worker/formats/bytes.ts';

/** How often each kind is drawn: those that keep the length reach deeper into a file. */
export const MUTATION_KINDS = [
  ...(['flip', 'flip', 'flip', 'flip', 'overwrite', 'overwrite'] as const),
  ...(['cut', 'remove', 'repeat', 'insert', 'swell', 'word'] as const),
];

/** One way in which a file gets damaged; `at` and `length` are shares of its size. */
export interface Mutation {
  readonly kind: (typeof MUTATION_KINDS)[number];
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** What text formats trip over; `{` and its kind a thousand times over tries recursion. */
const WORDS = [
  ...['"', "'", '\\', '\\777', '\\xff', '(', ')', '[', ']', '{', '}', '<', '>', ',', '=', ':', '#', '\n', '\0', '\u2028'],
  ...['-1', '0', '1e999', 'NaN', 'inf', '4294967296', '18446744073709551616', 'null', 'true', '__proto__', 'constructor', 'toString'],
  ...['['.repeat(1000), '{'.repeat(1000), '('.repeat(1000), '9'.repeat(400), 'a{'.repeat(500)],
].map((word) => new TextEncoder().encode(word));

export function mutate(bytes: Uint8Array, { kind, at, length, bytes: extra }: Mutation): Uint8Array {
  const from = Math.floor(at * bytes.length);
  const to = Math.min(bytes.length, from + 1 + Math.floor(length * bytes.length));
  const [before, after] = [bytes.slice(0, from), bytes.slice(to)];
  switch (kind) {
    case 'flip':
      return joinBytes([before, Uint8Array.of((bytes[from] ?? 0) ^ (1 << ((extra[0] ?? 0) % 8))), bytes.slice(from + 1)]);
    case 'overwrite':
      return joinBytes([before, extra, bytes.slice(from + extra.length)]);
    case 'cut':
      return before;
    case 'remove':
      return joinBytes([before, after]);
    case 'repeat':
      return joinBytes([bytes.slice(0, to), bytes.slice(from)]);
    case 'insert':
      return joinBytes([before, extra, bytes.slice(from)]);
    case 'swell':
      return joinBytes([before, Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f), bytes.slice(from + 5)]);
    case 'word':
      return joinBytes([before, WORDS[(extra[0] ?? 0) % WORDS.length] as Uint8Array, after]);
  }
}

/** One to three mutations of `bytes`, `random` giving numbers in [0, 1). */
export function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const below = (limit: number): number => Math.floor(random() * limit);
  let damaged = bytes;
  for (let count = 1 + below(3); count > 0; count--) {
    damaged = mutate(damaged, {
      kind: MUTATION_KINDS[below(MUTATION_KINDS.length)] ?? 'flip',
      at: random(),
      length: random() < 0.5 ? 0 : random() / 4,
      bytes: Uint8Array.from({ length: 1 + below(12) }, () => below(256)),
    });
  }
  return damaged;
}
