import { mulberry32 } from '../syntheticNetwork.ts';
import { damage } from './mutate.ts';
import type { Target } from './targets.ts';
import { isTyped } from './work.ts';

/** How one mutation ended. */
export type Outcome = 'value' | 'refused' | { readonly error: string };

/** The damaged file of a case: the same for the same target and number, whatever ran before. */
export function caseBytes({ name, seeds }: Target, number: number): Uint8Array {
  const seed = [...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7);
  const random = mulberry32((Math.imul(number + 1, 0x9e3779b1) ^ seed) | 0);
  return damage(seeds[Math.floor(random() * seeds.length)] ?? new Uint8Array(0), random);
}

/** Runs one case: a value, a typed error, or what should not have happened. */
export async function runCase(target: Target, number: number): Promise<Outcome> {
  try {
    await target.run(caseBytes(target, number));
    return 'value';
  } catch (error) {
    if (isTyped(error)) return 'refused';
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
