import { useState } from 'react';
import { count, plural, shape } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { Accuracy } from './Accuracy.tsx';
import { InFloat } from './InFloat.tsx';
import { NetworkFacts } from './NetworkFacts.tsx';
import { Result } from './Result.tsx';
import { Fact } from './Summary.tsx';
import { useShownComparison } from './useShownComparison.ts';

/** Ops that are listed before "all". */
const LISTED_OPS = 12;

/** With nothing selected: the result of the last run, and what the document holds. */
export function DocumentOverview() {
  const summary = useDocument((state) => state.summary);
  const shown = useShownComparison();
  const inFloat = useDocument((state) => state.inFloat);
  const [all, setAll] = useState(false);
  if (summary === null) return null;
  const ops = all ? summary.ops : summary.ops.slice(0, LISTED_OPS);
  return (
    <>
      <Accuracy quantized={shown !== null} />
      {shown !== null && <Result {...shown} />}
      <header className="inspector-head">
        <h2 className="clip" title={summary.name}>
          {summary.name}
        </h2>
      </header>
      <div className="tab-body">
        <dl className="fact-list">
          <Fact name="Nodes">{count(summary.nodeCount)}</Fact>
          {summary.quantizers.count > 0 && <Fact name="Quantizers">{count(summary.quantizers.count)}</Fact>}
          {summary.calibration !== null && (
            <Fact name="Calibration data">
              {plural(summary.calibration.count, 'image')} · {shape(summary.calibration.shape)}
            </Fact>
          )}
        </dl>
        {inFloat !== null && <InFloat skips={inFloat} />}
        {summary.network !== null && <NetworkFacts network={summary.network} />}
        <h3 className="part-title">Ops</h3>
        <dl className="fact-list ops">
          {ops.map(([op, times]) => (
            <Fact key={op} name={op}>
              {count(times)}
            </Fact>
          ))}
        </dl>
        {summary.ops.length > LISTED_OPS && (
          <button type="button" className="link part-more" onClick={() => setAll(!all)}>
            {all ? 'Fewer' : `All ${summary.ops.length} ops`}
          </button>
        )}
      </div>
    </>
  );
}
