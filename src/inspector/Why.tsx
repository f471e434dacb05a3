import type { NodeDetail } from '../../worker/protocol.ts';

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
          <p className="muted">
            {row.text} {row.remedy}
          </p>
        </li>
      ))}
    </ol>
  );
}
