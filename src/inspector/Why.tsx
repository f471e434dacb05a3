import type { NodeDetail } from '../../worker/protocol.ts';
import { showNode } from '../state/selection.ts';
import { sentence } from '../ui/LeftAlone.tsx';
import { NearestPattern } from '../ui/NearestPattern.tsx';

/** Which steps made, changed or left the node alone, and why. */
export function Why({ detail }: { detail: NodeDetail }) {
  if (detail.why.length === 0) return <p className="inspector-hint muted">No step of the last run touched this node.</p>;
  return (
    <ol className="why">
      {detail.why.map((row) => (
        <li key={`${row.step} ${row.rule} ${row.text}`}>
          <p>
            <b>{row.step}</b> <span className="rule">{row.rule}</span>
          </p>
          <p className="muted">{sentence(row.text)}</p>
          {row.nearest !== undefined && <NearestPattern nearest={row.nearest} onOpen={showNode} />}
          {row.remedy !== null && (
            <p>
              <span className="nearest-word">Mend</span> {row.remedy}
            </p>
          )}
        </li>
      ))}
    </ol>
  );
}
