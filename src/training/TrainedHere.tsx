import { count, fixed } from '../format/numbers.ts';
import { Fact } from '../inspector/Summary.tsx';
import { ThresholdEdit } from './ThresholdEdit.tsx';
import { useThresholdRows } from './useThresholdRows.ts';
import { movementText, signed } from './words.ts';

/** Of a quantizer whose threshold is trained: where it began, where it is, and what can be changed of it. */
export function TrainedHere({ quantizer }: { quantizer: string }) {
  const row = useThresholdRows().find(({ quantizers }) => quantizers.includes(quantizer));
  if (row === undefined) return null;
  const { start, now, deviation, frozenAt } = row;
  return (
    <section className="trained-here" aria-label="Trained threshold">
      <dl className="fact-list">
        <Fact name="Trained log₂ t">
          {fixed(start, 3)} → <b>{fixed(now, 3)}</b> <span className="muted">({movementText(now - start)})</span>
        </Fact>
        <Fact name="Bins moved">
          {signed(deviation)}
          {deviation !== 0 && <span className="muted"> for {deviation > 0 ? 'range' : 'precision'}</span>}
          {frozenAt !== null && <span className="muted"> · frozen at step {count(frozenAt)}</span>}
        </Fact>
      </dl>
      <ThresholdEdit row={row} />
    </section>
  );
}
