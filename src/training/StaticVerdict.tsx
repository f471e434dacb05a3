import { rateText } from '../data/sentences.ts';
import { useData } from '../state/data.ts';
import { isStaticFine } from './staticFine.ts';

/** Where quantization alone keeps the answers, training has nothing to repair: that is said, and nothing is pushed. */
export function StaticVerdict() {
  const evaluation = useData((state) => state.evaluation);
  const stale = useData((state) => state.stale);
  if (evaluation === null || stale || !isStaticFine(evaluation)) return null;
  const agreement = evaluation.comparison?.agreement;
  return (
    <p className="note data-note" role="note">
      Quantization alone keeps the accuracy{agreement ? `: both networks agree on ${rateText(agreement)}` : ''}. There is little that
      training could repair.
    </p>
  );
}
