import { Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import type { Evaluation } from '../../worker/protocol.ts';
import { useCommand } from '../commands/useCommand.ts';
import { type ConfusionPlace, useData } from '../state/data.ts';
import { Segments } from '../ui/Segments.tsx';
import { CellImages } from './CellImages.tsx';
import { ConfusionCanvas } from './ConfusionCanvas.tsx';
import { ConfusionPairs } from './ConfusionPairs.tsx';
import { ConfusionTable } from './ConfusionTable.tsx';
import { type ConfusionView, confusionGrid } from './confusionGrid.ts';
import { type ConfusionProps, cellWords } from './confusionProps.ts';
import { WithEvaluation } from './NotEvaluated.tsx';

/** Up to so many classes have their numbers in the cells. */
const TABLE_CLASSES = 20;

/** Which labels got which answers, and the images behind every cell. */
export function ConfusionSection() {
  return <WithEvaluation>{(evaluation) => <Confusion evaluation={evaluation} />}</WithEvaluation>;
}

function Confusion({ evaluation }: { evaluation: Evaluation }) {
  const { networks, classNames, comparison } = evaluation;
  const generation = useData((state) => state.generation);
  const [view, setView] = useState<ConfusionView>('first');
  const [place, setPlace] = useState<ConfusionPlace | null>(null);
  const save = useCommand('save-confusion-csv');
  const shown: ConfusionView = comparison === null ? 'first' : view;
  const grid = useMemo(() => confusionGrid(evaluation, shown), [evaluation, shown]);
  if (grid.labels.length === 0) return <p className="bottom-hint muted">The images have no labels.</p>;

  const words = [networks[0]?.title ?? '', networks[1]?.title ?? '', 'difference'];
  const views: readonly ConfusionView[] = ['first', 'second', 'difference'];
  // Two networks of one title are told apart by their order.
  const titles = words[0] === words[1] ? [`1: ${words[0]}`, `2: ${words[1]}`, 'difference'] : words;
  const props: ConfusionProps = { grid, view: shown, names: classNames, place, onPlace: setPlace };
  return (
    <div className="data-split">
      <div className="data-bar">
        {comparison !== null && (
          <Segments
            id="data-confusion"
            label="Network of the matrix"
            choices={titles}
            value={titles[views.indexOf(view)] ?? ''}
            onChange={(word) => setView(views[titles.indexOf(word)] ?? 'first')}
          />
        )}
        <p className="confusion-words clip" role="status">
          {place === null ? <span className="muted">Rows are labels, columns answers.</span> : cellWords(grid, shown, classNames, place)}
        </p>
        <button type="button" className="button ghost small" onClick={save.run} aria-label={save.title}>
          <Download aria-hidden />
          Matrix
        </button>
      </div>
      <div className="confusion">
        {grid.answers.length <= TABLE_CLASSES ? (
          <ConfusionTable {...props} />
        ) : (
          <>
            <ConfusionCanvas {...props} />
            <ConfusionPairs {...props} />
          </>
        )}
        {place !== null && (
          <CellImages key={`${generation} ${place.label} ${place.answer} ${shown}`} evaluation={evaluation} place={place} view={shown} />
        )}
      </div>
    </div>
  );
}
