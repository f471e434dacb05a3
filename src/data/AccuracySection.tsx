import { useData } from '../state/data.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { CompareForm } from './CompareForm.tsx';
import { OutputTable } from './OutputTable.tsx';
import { Roads } from './Roads.tsx';
import { ScoreTable } from './ScoreTable.tsx';
import { DataWarnings } from './SetNotes.tsx';
import { certaintyText, pairedText, rateText } from './sentences.ts';

/** What to compare, and how it came out. */
export function AccuracySection() {
  const evaluation = useData((state) => state.evaluation);
  const error = useData((state) => state.evaluationError);
  return (
    <div className="data-page">
      <CompareForm />
      {error !== null && (
        <div className="data-note">
          <ErrorNote error={error} />
        </div>
      )}
      {evaluation === null && error === null && <p className="muted data-hint">Not evaluated yet.</p>}
      {evaluation !== null && (
        <>
          <Stale />
          <div className="data-results">
            <ScoreTable evaluation={evaluation} />
            {evaluation.comparison !== null && (
              <div className="data-sentences">
                <Sentences />
                {evaluation.comparison.outputs.length > 0 && <OutputTable outputs={evaluation.comparison.outputs} />}
              </div>
            )}
          </div>
          <Roads />
          <DataWarnings warnings={evaluation.warnings} />
        </>
      )}
    </div>
  );
}

/** Numbers of networks that are no longer the ones on screen say so. */
export function Stale() {
  const stale = useData((state) => state.stale);
  if (!stale) return null;
  return <p className="warn data-hint">The pipeline, the thresholds or the preprocessing have changed since: evaluate again.</p>;
}

function Sentences() {
  const evaluation = useData((state) => state.evaluation);
  if (evaluation?.comparison == null) return null;
  const { networks, comparison } = evaluation;
  const [first, second] = networks;
  const { top1, agreement } = comparison;
  return (
    <>
      {top1 !== null && first !== undefined && second !== undefined && (
        <p>
          {pairedText([first.title, second.title], top1, first.top1?.of ?? 0)} <span className="muted">{certaintyText(top1.p)}</span>
        </p>
      )}
      {agreement !== null && <p>Both put the same class first on {rateText(agreement)} of the images.</p>}
    </>
  );
}
