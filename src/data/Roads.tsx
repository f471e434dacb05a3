import type { Suggestion } from '../../worker/protocol.ts';
import { takeRoad, takeTargets } from '../actions/takeRoad.ts';
import { useData } from '../state/data.ts';
import { useRun } from '../state/run.ts';
import { useTrainingRoad } from '../training/useTrainingRoad.ts';

/** What to do about what quantization cost, the nearest road first; each is one click. Nothing while the numbers are old. */
export function Roads() {
  const suggestions = useData(({ evaluation, stale }) => (stale ? undefined : evaluation?.suggestions));
  if (suggestions === undefined || suggestions.length === 0) return null;
  return (
    <ul className="roads" aria-label="What to do next">
      {suggestions.map((suggestion) => (
        <Road key={`${suggestion.rule} ${suggestion.title}`} suggestion={suggestion} />
      ))}
    </ul>
  );
}

function Road({ suggestion: { rule, title, why, change } }: { suggestion: Suggestion }) {
  const retrain = useTrainingRoad();
  const busy = useRun((state) => state.job !== null);
  const take = (): void => {
    if (change.kind === 'retrain') {
      takeTargets(change.targets);
      retrain?.();
    } else if (change.kind !== 'none') void takeRoad(change);
  };
  return (
    <li>
      {change.kind === 'none' ? (
        <b>{title}.</b>
      ) : (
        <button type="button" className="button small" disabled={busy || (change.kind === 'retrain' && retrain === null)} onClick={take}>
          {title}
        </button>
      )}{' '}
      <span className="muted">{why}</span> <span className="rule">{rule}</span>
    </li>
  );
}
