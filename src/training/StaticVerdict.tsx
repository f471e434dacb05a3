import { useData } from '../state/data.ts';

/** Where quantization alone keeps the answers, training has nothing to repair: that is said, and nothing is pushed. */
export function StaticVerdict() {
  const fine = useData(({ evaluation, stale }) =>
    stale ? undefined : evaluation?.suggestions?.find(({ change }) => change.kind === 'none'),
  );
  if (fine === undefined) return null;
  return (
    <p className="note data-note" role="note">
      <b>{fine.title}.</b> {fine.why} Training may gain little. <span className="rule">{fine.rule}</span>
    </p>
  );
}
