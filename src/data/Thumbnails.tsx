import { useLayoutEffect, useRef, useState } from 'react';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { Picture, useThumbnail } from './Picture.tsx';
import { className } from './sentences.ts';

const WIDTH = 66;
const HEIGHT = 70;

/** The images of the set in their order, as many to a row as fit; only those in sight are read. */
export function Thumbnails({ count, names }: { count: number; names: readonly string[] }) {
  const scroller = useRef<HTMLElement>(null);
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setColumns(Math.max(1, Math.floor(element.clientWidth / WIDTH))));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const range = useRowWindow(scroller, Math.ceil(count / columns), HEIGHT);
  const first = range.first * columns;
  const last = Math.min(range.last * columns, count);
  const inSight = Array.from({ length: last - first }, (_, index) => first + index);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="thumbnails" ref={scroller} tabIndex={0} aria-label="Images of the set">
      <ul style={{ paddingTop: range.above, paddingBottom: range.below, gridTemplateColumns: `repeat(${columns}, ${WIDTH}px)` }}>
        {inSight.map((image) => (
          <Cell key={image} image={image} names={names} />
        ))}
      </ul>
    </section>
  );
}

function Cell({ image, names }: { image: number; names: readonly string[] }) {
  const seen = useThumbnail(image);
  const read = seen?.state === 'read' ? seen.thumbnail : null;
  const label = read === null || read.label === null ? '' : className(names, read.label);
  return (
    <li className="thumbnail" title={read === null ? undefined : `${read.name}${label === '' ? '' : ` · ${label}`}`}>
      <Picture seen={seen} size={48} />
      <span className="clip">{label}</span>
    </li>
  );
}
