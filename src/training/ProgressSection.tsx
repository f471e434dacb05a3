import { useMemo } from 'react';
import { fixed, real } from '../format/numbers.ts';
import { useTraining } from '../state/training.ts';
import { type ChartLine, LineChart } from './LineChart.tsx';
import { lossColumns, rateColumns, scoreColumns } from './series.ts';
import { ThresholdChart } from './ThresholdChart.tsx';
import { useSelectedPlace, useThresholdRows } from './useThresholdRows.ts';
import { scoreWord } from './words.ts';

const LOSS: readonly ChartLine[] = [
  { name: 'step', colour: 'decor', width: 1 },
  { name: 'mean', colour: 'accent', width: 2 },
];
const SCORE: readonly ChartLine[] = [
  { name: '', colour: 'accent', width: 2, points: true },
  { name: 'float', colour: 'muted', dashed: true },
];
const RATES: readonly ChartLine[] = [
  { name: 'weights', colour: 'accent' },
  { name: 'log₂ t', colour: 'range', dashed: true },
];

const realTick = (value: number): string => real(value, 2);
const percentTick = (value: number): string => `${fixed(value, 0)} %`;
const powerTick = (value: number): string => real(value, 1);
const NO_NUMBERS = ['', ''];

/** How the run goes: loss, validations, learning rates, and every threshold. */
export function ProgressSection() {
  const run = useTraining((state) => state.run);
  const rows = useThresholdRows();
  const selected = useSelectedPlace(rows);
  const records = run?.records;
  const loss = useMemo(() => lossColumns(records ?? []), [records]);
  const rates = useMemo(() => rateColumns(records ?? []), [records]);
  // Every look brings the validations anew: the chart is drawn when one has been added.
  const validated = run === null ? '' : JSON.stringify([run.setup.steps, run.setup.floatScore, run.validations]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  const scores = useMemo(() => (run === null ? null : scoreColumns(run)), [validated]);
  if (run === null || scores === null) return <p className="bottom-hint muted">The first step is being prepared.</p>;
  const { steps, score } = run.setup;
  const last = run.records.at(-1);
  const lastScore = run.validations.at(-1)?.score;
  const percentText = (value: number | undefined): string => (value === undefined ? '' : `${fixed(100 * value, 1)} %`);
  const text = (value: number | null | undefined): string => (value === null || value === undefined ? '' : real(value, 3));
  const word = scoreWord(score);
  return (
    <div className="training-charts">
      <LineChart
        title="Loss"
        words={`Loss over ${steps} steps${last === undefined ? '' : `, now ${text(last.loss)}`}`}
        lines={LOSS}
        columns={loss}
        steps={steps}
        tick={realTick}
        now={['', text(loss[2]?.at(-1))]}
      />
      <LineChart
        title={word}
        words={`${word} of the validations${lastScore === undefined ? '' : `, now ${percentText(lastScore)}`}, float ${percentText(run.setup.floatScore)}`}
        lines={SCORE}
        columns={scores}
        steps={steps}
        tick={percentTick}
        now={[percentText(lastScore), '']}
      />
      <LineChart
        title="Rates"
        words={`Learning rates: weights ${text(last?.weightRate)}, thresholds ${text(last?.thresholdRate)}`}
        lines={RATES}
        columns={rates}
        steps={steps}
        log
        tick={powerTick}
        now={NO_NUMBERS}
      />
      {rows.length > 0 && <ThresholdChart run={run} rows={rows} selected={selected} />}
    </div>
  );
}
