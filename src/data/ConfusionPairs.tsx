import { useMemo } from 'react';
import { count } from '../format/numbers.ts';
import type { GridCell } from './confusionGrid.ts';
import { type ConfusionProps, cellWords } from './confusionProps.ts';
import { className } from './sentences.ts';

/** So many pairs are listed. */
const LISTED = 50;

/** The mistakes that are made most often; of a difference those that changed most. A large matrix is read from here. */
export function ConfusionPairs({ grid, view, names, place, onPlace }: ConfusionProps) {
  const pairs = useMemo(() => {
    const weight = ({ first, second }: GridCell): number => Math.abs(view === 'difference' ? second - first : first + second);
    return grid.cells
      .filter((cell) => cell.label !== cell.answer && weight(cell) > 0)
      .sort((a, b) => weight(b) - weight(a) || a.label - b.label || a.answer - b.answer)
      .slice(0, LISTED);
  }, [grid, view]);
  return (
    <section className="confusion-pairs" aria-label="Most frequent mistakes">
      <h3 className="data-title">{view === 'difference' ? 'Changed most' : 'Most frequent mistakes'}</h3>
      <ul>
        {pairs.map((cell) => {
          const { label, answer, first, second } = cell;
          const on = place?.label === label && place.answer === answer;
          return (
            <li key={`${label} ${answer}`}>
              <button
                type="button"
                className={on ? 'confusion-pair on' : 'confusion-pair'}
                aria-pressed={on}
                aria-label={cellWords(grid, view, names, { label, answer })}
                onClick={() => onPlace({ label, answer })}
              >
                <span className="clip">
                  {className(names, label)} <span className="muted">→</span> {className(names, answer)}
                </span>
                <span>{view === 'difference' ? `${count(first)} → ${count(second)}` : count(first + second)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
