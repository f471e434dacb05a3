import { Maximize2, ZoomIn, ZoomOut } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { resolvedTheme, useView } from '../state/view.ts';
import { stepBy } from './confusionKeys.ts';
import { type ConfusionProps, cellWords } from './confusionProps.ts';
import { cellAt, fitted, held, type MatrixWindow, showing, zoomed } from './confusionWindow.ts';
import { drawConfusion } from './drawConfusion.ts';

const ZOOM = 1.5;

/** A matrix of many classes: the wheel zooms, dragging moves, the arrow keys walk from cell to cell, + and − zoom, 0 shows all. */
export function ConfusionCanvas({ grid, view, names, place, onPlace }: ConfusionProps) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [room, setRoom] = useState({ width: 0, height: 0 });
  const [window, setWindow] = useState<MatrixWindow | null>(null);
  const [hovered, setHovered] = useState<{ readonly row: number; readonly column: number } | null>(null);
  const drag = useRef<{ x: number; y: number; moved: boolean } | null>(null);
  const theme = useView((state) => resolvedTheme(state.theme));
  const sizes = { rows: grid.labels.length, columns: grid.answers.length, ...room };
  const shown = held(window ?? fitted(sizes), sizes);
  const cursor = place === null ? null : { row: grid.labels.indexOf(place.label), column: grid.answers.indexOf(place.answer) };

  useLayoutEffect(() => {
    const element = host.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setRoom({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew in the colours of another theme
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (context == null || room.width === 0) return;
    const frame = requestAnimationFrame(() => {
      const style = getComputedStyle(context.canvas);
      const token = (name: string): string => style.getPropertyValue(name).trim();
      drawConfusion(
        context,
        grid,
        shown,
        cursor,
        {
          ground: token('--panel'),
          line: token('--line2'),
          more: token('--accent'),
          fewer: token('--b4-edge'),
          cursor: token('--text'),
        },
        { ...room, ratio: devicePixelRatio },
      );
    });
    return () => cancelAnimationFrame(frame);
  }, [grid, shown.scale, shown.left, shown.top, cursor?.row, cursor?.column, room, theme]);

  // A cell that was chosen elsewhere comes into sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: moved by another cell alone
  useEffect(() => {
    if (window !== null && cursor !== null) setWindow(showing(shown, cursor, sizes));
  }, [cursor?.row, cursor?.column]);

  const placeAt = (at: { readonly row: number; readonly column: number }): void => {
    const [label, answer] = [grid.labels[at.row], grid.answers[at.column]];
    if (label !== undefined && answer !== undefined) onPlace({ label, answer });
  };
  const zoom = (by: number, at = { x: room.width / 2, y: room.height / 2 }): void => setWindow(zoomed(shown, by, at, sizes));
  const walk = (event: KeyboardEvent): void => {
    const next = stepBy(event, cursor ?? { row: 0, column: 0 }, sizes);
    if (next !== null) placeAt(next);
    else if (event.key === '+') zoom(ZOOM, centre());
    else if (event.key === '-') zoom(1 / ZOOM, centre());
    else if (event.key === '0') setWindow(null);
    else return;
    event.preventDefault();
  };
  /** Zoomed by keys, the cell at hand stays where it is. */
  const centre = (): { x: number; y: number } =>
    cursor === null
      ? { x: room.width / 2, y: room.height / 2 }
      : { x: (cursor.column + 0.5) * shown.scale - shown.left, y: (cursor.row + 0.5) * shown.scale - shown.top };
  const pointOf = (event: PointerEvent): { x: number; y: number } => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const move = (event: PointerEvent): void => {
    const at = pointOf(event);
    if (drag.current === null) {
      setHovered(cellAt(shown, at, sizes));
      return;
    }
    const [dx, dy] = [at.x - drag.current.x, at.y - drag.current.y];
    if (!drag.current.moved && Math.hypot(dx, dy) < 4) return;
    drag.current = { ...at, moved: true };
    setWindow(held({ scale: shown.scale, left: shown.left - dx, top: shown.top - dy }, sizes));
  };
  const release = (event: PointerEvent): void => {
    const cell = cellAt(shown, pointOf(event), sizes);
    if (drag.current?.moved === false && cell !== null) placeAt(cell);
    drag.current = null;
  };

  useEffect(() => {
    // React's wheel listeners are passive: they cannot keep the page from scrolling.
    const element = host.current;
    if (element === null) return;
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      setWindow(zoomed(shown, event.deltaY < 0 ? 1.2 : 1 / 1.2, { x: event.clientX - box.left, y: event.clientY - box.top }, sizes));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  });

  const label = hovered === null ? undefined : grid.labels[hovered.row];
  const answer = hovered === null ? undefined : grid.answers[hovered.column];
  return (
    <div className="confusion-far">
      <div
        ref={host}
        className="confusion-canvas"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys walk through the cells
        tabIndex={0}
        role="application"
        aria-label={`Confusion matrix of ${grid.labels.length} classes: rows are labels, columns answers; arrow keys read its cells`}
        title={label === undefined || answer === undefined ? undefined : cellWords(grid, view, names, { label, answer })}
        onKeyDown={walk}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          drag.current = { ...pointOf(event), moved: false };
        }}
        onPointerMove={move}
        onPointerUp={release}
        onPointerLeave={() => setHovered(null)}
      >
        <canvas
          ref={canvas}
          aria-hidden
          width={Math.round(room.width * devicePixelRatio)}
          height={Math.round(room.height * devicePixelRatio)}
          style={{ width: room.width, height: room.height }}
        />
      </div>
      <div className="confusion-zoom">
        <button type="button" className="button ghost small icon" aria-label="Enlarge the matrix" onClick={() => zoom(ZOOM)}>
          <ZoomIn />
        </button>
        <button type="button" className="button ghost small icon" aria-label="Shrink the matrix" onClick={() => zoom(1 / ZOOM)}>
          <ZoomOut />
        </button>
        <button type="button" className="button ghost small icon" aria-label="Show the whole matrix" onClick={() => setWindow(null)}>
          <Maximize2 />
        </button>
      </div>
    </div>
  );
}
