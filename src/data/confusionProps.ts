import type { ConfusionPlace } from '../state/data.ts';
import type { ConfusionGrid, ConfusionView } from './confusionGrid.ts';
import { cellText, changeText } from './sentences.ts';

/** What the parts of the matrix share. */
export interface ConfusionProps {
  readonly grid: ConfusionGrid;
  readonly view: ConfusionView;
  readonly names: readonly string[];
  readonly place: ConfusionPlace | null;
  readonly onPlace: (place: ConfusionPlace) => void;
}

/** A cell in words: `label cat answered dog: 12 images (4.1 %)`. */
export function cellWords(grid: ConfusionGrid, view: ConfusionView, names: readonly string[], place: ConfusionPlace): string {
  const cell = grid.cell(grid.labels.indexOf(place.label), grid.answers.indexOf(place.answer));
  if (view === 'difference') return changeText(names, place, cell?.first ?? 0, cell?.second ?? 0);
  return cellText(names, place, (cell?.first ?? 0) + (cell?.second ?? 0), grid.ofLabel.get(place.label) ?? 0);
}
