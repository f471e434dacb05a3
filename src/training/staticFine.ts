import type { Evaluation } from '../../worker/protocol.ts';

/** Lost top-1 within a point, or without labels 98 of 100 answers the same. */
const FINE = { loss: 0.01, agreement: 0.98 } as const;

/** Whether the second network of an evaluation does as well as the first, so that nothing is left to repair. */
export function isStaticFine({ comparison }: Pick<Evaluation, 'comparison'>): boolean {
  if (comparison === null) return false;
  if (comparison.top1 !== null) return comparison.top1.difference.value >= -FINE.loss;
  return comparison.agreement !== null && comparison.agreement.value >= FINE.agreement;
}
