import type { Answer } from '../protocol.ts';
import { type Answers, TOP } from './answers.ts';

/** The answer to an image, and how far it is ahead of the second; the only class there is has a margin of Infinity. */
export function answerOf({ top, values }: Answers, image: number): Answer {
  const value = values[image * TOP] as number;
  const second = top[image * TOP + 1] as number;
  const index = top[image * TOP] as number;
  const margin = index >= 0 && second < 0 ? Number.POSITIVE_INFINITY : value - (values[image * TOP + 1] as number);
  return { index, value, margin };
}

/** EVA8: whether two answers to an image are the same; one that is not finite is like none. */
export function isSame(first: Answers, second: Answers, image: number): boolean {
  const answer = first.top[image * TOP] as number;
  return answer >= 0 && answer === second.top[image * TOP];
}
