import { useTraining } from '../state/training.ts';
import { DeviationHistogram } from './DeviationHistogram.tsx';
import { ThresholdChart } from './ThresholdChart.tsx';
import { ThresholdEdit } from './ThresholdEdit.tsx';
import { ThresholdList } from './ThresholdList.tsx';
import { useSelectedPlace, useThresholdRows } from './useThresholdRows.ts';

/** Every threshold: its line, how far it went, and by how many bins. */
export function ThresholdsSection() {
  const run = useTraining((state) => state.run);
  const rows = useThresholdRows();
  const selected = useSelectedPlace(rows);
  if (rows.length === 0) return <p className="bottom-hint muted">No thresholds are trained.</p>;
  const row = rows[selected];
  return (
    <div className="training-thresholds">
      {run !== null && (
        <div className="training-charts">
          <ThresholdChart run={run} rows={rows} selected={selected} />
        </div>
      )}
      <div className="training-list">
        <ThresholdList rows={rows} selected={selected} />
        {row !== undefined && <ThresholdEdit row={row} />}
      </div>
      <DeviationHistogram rows={rows} />
    </div>
  );
}
