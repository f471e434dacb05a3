import type { Preprocessing } from '../../protocol.ts';

/** What of the open network decides how data is read; null: not known. */
export interface NetworkFacts {
  /** Numbers that its output gives per image. */
  readonly outputs: number | null;
  /** Of the table of networks. */
  readonly name: string | null;
  readonly preprocessing: Preprocessing | null;
  /** Of its input, without batch. */
  readonly shape: readonly number[] | null;
}

export const NO_NETWORK: NetworkFacts = { outputs: null, name: null, preprocessing: null, shape: null };

/** Darknet's network counts ImageNet's classes in the challenge's own order, all others in the sorted one. */
export function wnidOrderOf({ name }: NetworkFacts): 'imagenet' | 'darknet' {
  return name === 'darknet19' ? 'darknet' : 'imagenet';
}
