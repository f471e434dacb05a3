import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import type { HistogramView, QuantizerRow } from '../../worker/protocol.ts';
import { powerOfTwo, real, share } from '../format/numbers.ts';
import { resolvedTheme, useView } from '../state/view.ts';
import { bitsClass } from '../ui/Tag.tsx';

const HEIGHT = 176;
/** Room above the bars for the names of the two thresholds. */
const LABEL_SPACE = 32;
const LABEL_ROW = 13;
/** The highest bar stays below the top of the chart. */
const HEADROOM = 1.3;

/** Counts of |x| on a log axis, with the raw threshold and the power of two in use. */
export function HistogramChart({ histogram, row }: { histogram: HistogramView; row: QuantizerRow }) {
  const host = useRef<HTMLDivElement>(null);
  const theme = useView((state) => resolvedTheme(state.theme));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is drawn in the colours of its theme
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const plot = draw(element, histogram, row);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [histogram, row, theme]);
  return <div ref={host} className="chart" role="img" aria-label={described(histogram, row)} />;
}

function described(histogram: HistogramView, row: QuantizerRow): string {
  const marks =
    row.rawThreshold === null || row.usedThreshold === null
      ? 'threshold not known'
      : `threshold ${real(row.rawThreshold)}, in use ${real(row.usedThreshold)}${row.clipped === null ? '' : `, clipped ${share(row.clipped)}`}`;
  return `Histogram of absolute values from 0 to ${real(histogram.max)}: ${marks}`;
}

function draw(element: HTMLElement, histogram: HistogramView, row: QuantizerRow): UPlot {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const font = `11px ${token('font')}`;
  const width = histogram.max / histogram.counts.length;
  const centres = histogram.counts.map((_, index) => (index + 0.5) * width);
  // A log axis has no place for nothing: empty bins are gaps.
  const counts = histogram.counts.map((value) => (value > 0 ? value : null));
  const right = Math.max(histogram.max, row.usedThreshold ?? 0) * 1.03;
  const top = Math.max(10, ...histogram.counts);
  const bars = UPlot.paths.bars?.({ size: [0.9, 100], align: 0 });

  const mark = (plot: UPlot, at: number, colour: string, label: string, dashed: boolean, line: 0 | 1): void => {
    const { ctx, bbox } = plot;
    const ratio = devicePixelRatio;
    const x = plot.valToPos(at, 'x', true);
    const y = bbox.top - (LABEL_SPACE - 2 - line * LABEL_ROW) * ratio;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.lineWidth = (dashed ? 1.4 : 2) * ratio;
    ctx.setLineDash(dashed ? [3 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.font = `600 ${11 * ratio}px ${token('font')}`;
    ctx.textBaseline = 'top';
    const wide = ctx.measureText(label).width;
    // Each label has a row of its own; it stands at the left of its line, which is where the data is.
    const fits = x - wide - 5 * ratio > bbox.left;
    ctx.fillText(label, fits ? x - wide - 5 * ratio : x + 5 * ratio, y);
    ctx.restore();
  };

  return new UPlot(
    {
      width: element.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [LABEL_SPACE, 10, 0, 4],
      scales: {
        x: { time: false, range: [0, right] },
        y: { distr: 3, range: [0.8, top * HEADROOM] },
      },
      axes: [
        {
          font,
          stroke: token('muted'),
          size: 24,
          gap: 4,
          grid: { show: false },
          ticks: { show: false },
          space: 48,
          values: (_plot, ticks) => ticks.map((tick) => real(tick)),
        },
        {
          font,
          stroke: token('muted'),
          size: 34,
          gap: 4,
          grid: { stroke: token('line'), width: 1 },
          splits: () => powersOfTen(top * HEADROOM),
          filter: (_plot, ticks) => ticks,
          ticks: { show: false },
          values: (_plot, ticks) => ticks.map((tick) => powerOfTen(Math.round(Math.log10(tick)))),
        },
      ],
      series: [{}, { fill: token(fillToken(row)), width: 0, points: { show: false }, ...(bars === undefined ? {} : { paths: bars }) }],
      hooks: {
        draw: [
          (plot) => {
            const { rawThreshold, usedThreshold } = row;
            if (rawThreshold !== null) mark(plot, rawThreshold, token('muted'), real(rawThreshold), true, 1);
            if (usedThreshold !== null)
              mark(
                plot,
                usedThreshold,
                token('accent'),
                `${real(usedThreshold)} = ${powerOfTwo(Math.round(Math.log2(usedThreshold)))}`,
                false,
                0,
              );
          },
        ],
      },
    },
    [centres, counts],
    element,
  );
}

/** Ticks of the log axis: powers of ten, thinned out where there are many. */
function powersOfTen(top: number): number[] {
  const last = Math.floor(Math.log10(top));
  const step = last > 5 ? 2 : 1;
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, index) => 10 ** (index * step));
}

function fillToken(row: QuantizerRow): string {
  const name = bitsClass(row.bits, row.signed);
  return name === 'b8u' ? 'b8u' : `${name}-edge`;
}

function powerOfTen(exponent: number): string {
  return `10${powerOfTwo(exponent).slice(1)}`;
}
