import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type UPlot from 'uplot';
import type { Options } from 'uplot';
import type { TrainingView } from '../../worker/protocol.ts';
import { count, fixed, plural } from '../format/numbers.ts';
import { NameText } from './NameText.tsx';
import { selectThreshold } from './selectThreshold.ts';
import { lastPlace, thresholdColumns } from './series.ts';
import { shortName } from './shortName.ts';
import type { ThresholdRow } from './thresholdRows.ts';
import { axis, type Token, useChart } from './useChart.ts';
import { useCommonScope } from './useThresholdRows.ts';
import { signed } from './words.ts';

interface Props {
  readonly run: TrainingView;
  readonly rows: readonly ThresholdRow[];
  /** Place of the selected threshold; −1: none. */
  readonly selected: number;
}

/** A line per threshold: log2 t over its bins, up to where it was frozen. What the pointer is near to is named; a click selects it. */
export function ThresholdChart({ run, rows, selected }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const columns = useMemo(() => thresholdColumns(run), [run]);
  // The chart asks for these when it draws: what changes with every step does not lay it out anew.
  const seen = useRef({ rows, selected, hovered });
  seen.current = { rows, selected, hovered };
  const { steps } = run.setup;
  const lines = run.setup.thresholds.length;
  const make = useCallback(
    (token: Token, size: { width: number; height: number }): Options => ({
      ...size,
      legend: { show: false },
      cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false }, focus: { prox: 14 } },
      focus: { alpha: 0.2 },
      padding: [6, 14, 0, 2],
      scales: { x: { time: false, range: [0, Math.max(1, steps)] }, y: { range: (_plot, low, high) => wholeBins(low, high) } },
      axes: [
        { ...axis(token, 20, 44, count), grid: { show: false } },
        {
          ...axis(token, 30, 16, (tick) => fixed(tick, 0)),
          splits: (plot) => bins(plot.scales.y?.min ?? 0, plot.scales.y?.max ?? 1, plot.height),
        },
      ],
      series: [
        {},
        ...Array.from({ length: lines }, (_, index) => ({
          stroke: () => token(colourOf(seen.current.rows[index]?.deviation ?? 0)),
          width: 1.2,
          points: { show: false },
        })),
      ],
      hooks: {
        setSeries: [(_plot, index) => setHovered(index === null || index === 0 ? null : index - 1)],
        draw: [
          (plot) => {
            drawEnds(plot, seen.current.rows, token);
            if (seen.current.selected >= 0) drawSelected(plot, seen.current.selected + 1, token);
          },
        ],
      },
    }),
    [steps, lines],
  );
  const plot = useChart(host, make, columns);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the selected line is drawn in front
  useEffect(() => plot.current?.redraw(false), [selected]);
  const common = useCommonScope(rows);
  const row = rows[hovered ?? selected];
  const frozen = run.frozen.length;
  return (
    <figure className="training-chart">
      <figcaption>
        <b>log₂ t</b>
        {row === undefined ? (
          <span className="muted">
            {count(rows.length)} lines{frozen > 0 && `, ${count(frozen)} frozen`}
          </span>
        ) : (
          <>
            <span className="training-named" title={row.quantizers.join('\n')}>
              <NameText name={shortName(row.quantizers[0] ?? row.variable, common)} />
            </span>
            <span>
              {fixed(row.now, 3)}
              {row.deviation !== 0 && ` (${signed(row.deviation)})`}
              {row.frozenAt !== null && <span className="muted"> · frozen</span>}
            </span>
          </>
        )}
      </figcaption>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the same choice is made by key in the list beside it */}
      <div
        ref={host}
        className="training-plot pickable"
        role="img"
        aria-label={`log₂ t of ${plural(rows.length, 'threshold')} over ${plural(run.step, 'step')}, ${count(frozen)} frozen`}
        onClick={() => {
          const chosen = hovered === null ? undefined : rows[hovered];
          if (chosen !== undefined) selectThreshold(chosen);
        }}
      />
    </figure>
  );
}

/** Orange for range, blue for precision, grey for a threshold in its bin: as on the canvas. */
function colourOf(deviation: number): string {
  return deviation > 0 ? 'range' : deviation < 0 ? 'precision' : 'decor';
}

/** From the bin below the lowest to the bin above the highest. */
function wholeBins(low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [-1, 1];
  return [Math.floor(low - 0.2), Math.ceil(high + 0.2)];
}

/** The edges of bins: every integer, or every second, fourth … where they would touch. */
function bins(low: number, high: number, height: number): number[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(((high - low) * 15) / Math.max(height - 26, 15))));
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, index) => first + index * step);
}

/** A dot where a line ends before the others: it was frozen there. */
function drawEnds(plot: UPlot, rows: readonly ThresholdRow[], token: Token): void {
  const { ctx, data } = plot;
  const ratio = devicePixelRatio;
  ctx.save();
  for (const [index, row] of rows.entries()) {
    const line = data[index + 1];
    if (row.frozenAt === null || line === undefined) continue;
    const place = lastPlace(line as readonly (number | null)[]);
    const [step, value] = [data[0][place], line[place]];
    if (step === undefined || value === null || value === undefined) continue;
    ctx.fillStyle = token(colourOf(row.deviation));
    ctx.beginPath();
    ctx.arc(plot.valToPos(step, 'x', true), plot.valToPos(value, 'y', true), 2.6 * ratio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** The selected line once more, in front of the others. */
function drawSelected(plot: UPlot, index: number, token: Token): void {
  const { ctx, data } = plot;
  const line = data[index];
  if (line === undefined) return;
  ctx.save();
  ctx.strokeStyle = token('accent');
  ctx.lineWidth = 2.4 * devicePixelRatio;
  ctx.beginPath();
  line.forEach((value, place) => {
    if (value !== null && value !== undefined) ctx.lineTo(plot.valToPos(data[0][place] ?? 0, 'x', true), plot.valToPos(value, 'y', true));
  });
  ctx.stroke();
  ctx.restore();
}
