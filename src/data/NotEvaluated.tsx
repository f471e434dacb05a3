import type { ReactNode } from 'react';
import type { Evaluation } from '../../worker/protocol.ts';
import { useCommand } from '../commands/useCommand.ts';
import { useData } from '../state/data.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';

/** A section that needs an evaluation: before there is one, the way to it. */
export function WithEvaluation({ children }: { children: (evaluation: Evaluation) => ReactNode }) {
  const evaluation = useData((state) => state.evaluation);
  const error = useData((state) => state.evaluationError);
  const evaluate = useCommand('evaluate');
  if (evaluation !== null) return children(evaluation);
  return (
    <div className="data-empty">
      {error === null ? <p className="muted">Not evaluated yet.</p> : <ErrorNote error={error} />}
      <p className="actions">
        <button type="button" className="button small" disabled={!evaluate.enabled} onClick={evaluate.run}>
          Evaluate {evaluate.keys !== undefined && <kbd>{evaluate.keys}</kbd>}
        </button>
      </p>
    </div>
  );
}
