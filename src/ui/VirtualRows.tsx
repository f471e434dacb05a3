import { type RefObject, useLayoutEffect, useState } from 'react';

/** Rows drawn beyond either edge, so that a fast scroll does not show blanks. */
const OVERSCAN = 8;

export interface RowWindow {
  readonly first: number;
  readonly last: number;
  /** Heights of what is left out above and below, in pixels. */
  readonly above: number;
  readonly below: number;
}

/** Which of `count` rows of equal height are in sight of a scrolling element. */
export function useRowWindow(scroller: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowWindow {
  const [range, setRange] = useState({ first: 0, last: Math.min(count, 40) });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const measure = (): void => {
      const first = Math.max(0, Math.floor(element.scrollTop / rowHeight) - OVERSCAN);
      const last = Math.min(count, Math.ceil((element.scrollTop + element.clientHeight) / rowHeight) + OVERSCAN);
      setRange((before) => (before.first === first && before.last === last ? before : { first, last }));
    };
    measure();
    element.addEventListener('scroll', measure, { passive: true });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      element.removeEventListener('scroll', measure);
      observer.disconnect();
    };
  }, [scroller, count, rowHeight]);
  const first = Math.min(range.first, count);
  const last = Math.min(Math.max(range.last, first), count);
  return { first, last, above: first * rowHeight, below: (count - last) * rowHeight };
}
