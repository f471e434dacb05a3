import { type KeyboardEvent, useRef } from 'react';
import { count } from '../format/numbers.ts';
import type { GridCell } from './confusionGrid.ts';
import { stepBy } from './confusionKeys.ts';
import { type ConfusionProps, cellWords } from './confusionProps.ts';
import { className } from './sentences.ts';

/** Strongest ground of a cell: text on it keeps its contrast. */
const STRONGEST = 38;

/** A matrix of few classes, with its numbers; the arrow keys walk from cell to cell. */
export function ConfusionTable({ grid, view, names, place, onPlace }: ConfusionProps) {
  const table = useRef<HTMLTableElement>(null);
  const { labels, answers } = grid;
  const at = { row: Math.max(0, labels.indexOf(place?.label ?? -1)), column: Math.max(0, answers.indexOf(place?.answer ?? -2)) };
  const walk = (event: KeyboardEvent): void => {
    const next = stepBy(event, at, { rows: labels.length, columns: answers.length });
    const [label, answer] = [labels[next?.row ?? -1], answers[next?.column ?? -1]];
    if (next === null || label === undefined || answer === undefined) return;
    event.preventDefault();
    onPlace({ label, answer });
    table.current?.querySelector<HTMLElement>(`[data-cell="${next.row} ${next.column}"]`)?.focus();
  };
  return (
    <div className="confusion-table">
      <table ref={table} onKeyDown={walk} aria-label="Confusion matrix: rows are labels, columns answers">
        <thead>
          <tr>
            <td className="confusion-corner muted">label ╲ answer</td>
            {answers.map((answer) => (
              <th key={answer} scope="col" title={className(names, answer)}>
                <span className="clip">{className(names, answer)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => (
            <tr key={label}>
              <th scope="row" title={className(names, label)}>
                <span className="clip">{className(names, label)}</span>
              </th>
              {answers.map((answer, column) => {
                const cell = grid.cell(row, column);
                const on = place?.label === label && place.answer === answer;
                return (
                  <td key={answer} className={label === answer ? 'right-answer' : undefined}>
                    <button
                      type="button"
                      data-cell={`${row} ${column}`}
                      tabIndex={row === at.row && column === at.column ? 0 : -1}
                      className={on ? 'confusion-cell on' : 'confusion-cell'}
                      style={{ backgroundColor: ground(cell) }}
                      aria-label={cellWords(grid, view, names, { label, answer })}
                      aria-pressed={on}
                      onClick={() => onPlace({ label, answer })}
                    >
                      {cell === undefined ? '' : numberOf(cell, view === 'difference')}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function numberOf({ first, second }: GridCell, difference: boolean): string {
  if (!difference) return count(first + second);
  const by = second - first;
  return by > 0 ? `+${count(by)}` : count(by);
}

/** The more of the label's images, the stronger; fewer than before in the other colour. */
function ground(cell: GridCell | undefined): string | undefined {
  if (cell === undefined || cell.shade === 0) return undefined;
  const strength = Math.max(6, Math.sqrt(Math.min(1, Math.abs(cell.shade))) * STRONGEST);
  return `color-mix(in srgb, var(${cell.shade > 0 ? '--accent' : '--b4-edge'}) ${strength.toFixed(1)}%, var(--panel))`;
}
