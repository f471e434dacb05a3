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
  const answers = perImage.answers.map((given) => className(classNames, given[at] ?? -1));
  const other = view === 'first' ? 1 : 0;
  const words = view === 'difference' ? answers.join(' → ') : answers.length > 1 ? `${networks[other]?.title}: ${answers[other]}` : '';
  return (
    <li className="cell-image">
      <Picture seen={seen} size={32} />
      <span className="cell-image-words">
        <span className="mono clip" title={name}>
          {name}
        </span>
        <span className="muted clip">{words}</span>
      </span>
    </li>
  );
}
