import { type RefObject, useEffect, useRef } from 'react';
import UPlot, { type AlignedData, type Options } from 'uplot';
import { resolvedTheme, useView } from '../state/view.ts';
import { drawNever, drawSoon } from './drawQueue.ts';
import type { Columns } from './series.ts';

/** A colour of the theme by its token. */
export type Token = (name: string) => string;

/**
 * A chart that is laid out once, in the colours of the theme and the size of its place, and then only given other numbers.
 * `make` must stay the same while the lines do.
 */
export function useChart(
  host: RefObject<HTMLDivElement | null>,
  make: (token: Token, size: { width: number; height: number }) => Options,
  columns: Columns,
): RefObject<UPlot | null> {
  const plot = useRef<UPlot | null>(null);
  const latest = useRef(columns);
  latest.current = columns;
  const theme = useView((state) => resolvedTheme(state.theme));
  // biome-ignore lint/correctness/useExhaustiveDependencies: a chart is drawn in the colours of its theme
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const style = getComputedStyle(document.documentElement);
    const size = (): { width: number; height: number } => ({ width: element.clientWidth, height: element.clientHeight });
    const made = new UPlot(
      make((name) => style.getPropertyValue(`--${name}`).trim(), size()),
      asData(latest.current),
      element,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize(size()));
    observer.observe(element);
    return () => {
      plot.current = null;
      observer.disconnect();
      drawNever(made);
      made.destroy();
    };
  }, [host, make, theme]);
  useEffect(() => {
    const { current } = plot;
    if (current !== null) drawSoon(current, () => current.setData(asData(columns)));
  }, [columns]);
  return plot;
}

const asData = (columns: Columns): AlignedData => columns as unknown as AlignedData;

/** An axis as all charts of the page have it. */
export function axis(token: Token, size: number, space: number, values: (tick: number) => string): NonNullable<Options['axes']>[number] {
  return {
    font: `11px ${token('font')}`,
    stroke: token('muted'),
    size,
    gap: 3,
    space,
    grid: { stroke: token('line'), width: 1 },
    ticks: { show: false },
    values: (_plot, ticks) => ticks.map((tick) => (tick === null ? '' : values(tick))),
  };
}
