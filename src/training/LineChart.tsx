import { useCallback, useRef, useState } from 'react';
import type { Options, Scale } from 'uplot';
import { count } from '../format/numbers.ts';
import type { Columns } from './series.ts';
import { axis, type Token, useChart } from './useChart.ts';

export interface ChartLine {
  readonly name: string;
  /** Token of its colour. */
  readonly colour: string;
  readonly width?: number;
  readonly dashed?: boolean;
  readonly points?: boolean;
}

interface Props {
  readonly title: string;
  /** What the chart says, for those who do not see it. */
  readonly words: string;
  /** The same object while the lines are the same. */
  readonly lines: readonly ChartLine[];
  readonly columns: Columns;
  /** Steps of the whole run: the right end of the axis from the first step on. */
  readonly steps: number;
  readonly log?: boolean;
  /** The same function while it says the same. */
  readonly tick: (value: number) => string;
  /** The number at hand of each line, as text; empty where there is none. */
  readonly now: readonly string[];
}

/** A chart over the steps of a run, with its lines and their last numbers named above it; under the pointer those of its step. */
export function LineChart({ title, words, lines, columns, steps, log = false, tick, now }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | null>(null);
  const make = useCallback(
    (token: Token, size: { width: number; height: number }): Options => ({
      ...size,
      legend: { show: false },
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      hooks: { setCursor: [({ cursor }) => setAt(cursor.idx ?? null)] },
      padding: [6, 14, 0, 2],
      scales: { x: { time: false, range: [0, Math.max(1, steps)] }, y: log ? { distr: 3 } : { range: roomy } },
      axes: [
        { ...axis(token, 20, 44, count), grid: { show: false } },
        {
          ...axis(token, 44, 26, tick),
          ...(log ? { splits: (plot) => powersOfTen(plot.scales.y?.min ?? 1e-6, plot.scales.y?.max ?? 1) } : {}),
        },
      ],
      series: [
        {},
        ...lines.map(({ colour, width = 1.6, dashed = false, points = false }) => ({
          stroke: token(colour),
          width,
          spanGaps: true,
          ...(dashed ? { dash: [5, 4] } : {}),
          points: { show: points, size: 5, fill: token(colour) },
        })),
      ],
    }),
    [lines, steps, log, tick],
  );
  useChart(host, make, columns);
  const step = at === null ? undefined : columns[0][at];
  return (
    <figure className="training-chart">
      <figcaption>
        <b>{title}</b>
        {lines.map(({ name, colour, dashed }, index) => {
          const value = at === null ? now[index] : valueAt(columns, index + 1, at, tick);
          return (
            <span key={name} className="training-key">
              <i className={dashed ? 'dashed' : undefined} style={{ borderColor: `var(--${colour})` }} />
              {name} {value !== '' && <em>{value}</em>}
            </span>
          );
        })}
        {step !== undefined && <span className="muted">at {count(step)}</span>}
      </figcaption>
      <div ref={host} className="training-plot" role="img" aria-label={words} />
    </figure>
  );
}

/** The number of a line where the pointer is; empty where it has none. */
function valueAt(columns: Columns, line: number, at: number, tick: (value: number) => string): string {
  const value = columns[line]?.[at];
  return value === null || value === undefined ? '' : tick(value);
}

/** Ticks of a log axis: a power of ten each. */
function powersOfTen(low: number, high: number): number[] {
  const first = Math.floor(Math.log10(low));
  return Array.from({ length: Math.max(1, Math.ceil(Math.log10(high)) - first + 1) }, (_, index) => 10 ** (first + index));
}

/** A tenth of air on either side, and never no height at all. */
const roomy = ((_plot, low, high) => {
  if (low === null || high === null) return [0, 1];
  const air = high > low ? (high - low) / 10 : Math.max(Math.abs(high) / 10, 0.1);
  return [low - air, high + air];
}) satisfies Scale.Range;
