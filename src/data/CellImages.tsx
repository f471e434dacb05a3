import { useMemo, useRef } from 'react';
import type { Evaluation } from '../../worker/protocol.ts';
import { plural } from '../format/numbers.ts';
import type { ConfusionPlace } from '../state/data.ts';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { type ConfusionView, imagesOfCell } from './confusionGrid.ts';
import { Picture, useThumbnail } from './Picture.tsx';
import { className } from './sentences.ts';

const ROW_HEIGHT = 40;

/** The images behind a cell of the matrix, and what the other network answers to each. */
export function CellImages({ evaluation, place, view }: { evaluation: Evaluation; place: ConfusionPlace; view: ConfusionView }) {
  const scroller = useRef<HTMLElement>(null);
  const found = useMemo(() => imagesOfCell(evaluation, place, view), [evaluation, place, view]);
  const range = useRowWindow(scroller, found.length, ROW_HEIGHT);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="cell-images" ref={scroller} tabIndex={0} aria-label="Images of the cell">
      <h3 className="data-title">{plural(found.length, 'image')}</h3>
      <ul style={{ paddingTop: range.above, paddingBottom: range.below }}>
        {found.slice(range.first, range.last).map((at) => (
          <Row key={at} evaluation={evaluation} at={at} view={view} />
        ))}
      </ul>
    </section>
  );
}

function Row({ evaluation: { perImage, networks, classNames }, at, view }: { evaluation: Evaluation; at: number; view: ConfusionView }) {
  const seen = useThumbnail(perImage.images[at] ?? 0);
  const name = seen?.state === 'read' ? seen.thumbnail.name : '';
  const others = perImage.answers
    .map((answers, network) => ({ title: networks[network]?.title ?? '', answer: answers[at] ?? -1, network }))
    .filter(({ network }) => view === 'difference' || network !== (view === 'first' ? 0 : 1));
  return (
    <li className="cell-image">
      <Picture seen={seen} size={32} />
      <span className="cell-image-words">
        <span className="mono clip" title={name}>
          {name}
        </span>
        <span className="muted clip">{others.map(({ title, answer }) => `${title}: ${className(classNames, answer)}`).join(' · ')}</span>
      </span>
    </li>
  );
}
