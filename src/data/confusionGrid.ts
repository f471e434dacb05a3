import type { ConfusionCell, Evaluation } from '../../worker/protocol.ts';

/** Which numbers the matrix shows: those of a network, or how many more the second has. */
export type ConfusionView = 'first' | 'second' | 'difference';

export interface GridCell {
  readonly row: number;
  readonly column: number;
  readonly label: number;
  readonly answer: number;
  /** Images of the network at hand; of a difference those of both. */
  readonly first: number;
  readonly second: number;
  /** From −1 to 1: share of the label's images, or by how much it changed. */
  readonly shade: number;
}

/** The confusion matrix over the classes that occur: as many rows as there are labels, as many columns as there are answers. */
export interface ConfusionGrid {
  readonly labels: readonly number[];
  readonly answers: readonly number[];
  readonly cells: readonly GridCell[];
  /** Images by label. */
  readonly ofLabel: ReadonlyMap<number, number>;
  cell(row: number, column: number): GridCell | undefined;
}

/** Rows and columns are those of both networks, so that switching between them moves nothing. */
export function confusionGrid({ networks }: Evaluation, view: ConfusionView): ConfusionGrid {
  const [first = [], second = []] = networks.map(({ confusion }) => confusion);
  const classes = new Set([...first, ...second].flatMap(({ label, answer }) => (answer < 0 ? [label] : [label, answer])));
  const labels = [...classes].sort((a, b) => a - b);
  // Answers that are no numbers have a column of their own.
  const answers = [...first, ...second].some(({ answer }) => answer < 0) ? [-1, ...labels] : labels;
  const ofLabel = new Map<number, number>();
  for (const { label, count } of first) ofLabel.set(label, (ofLabel.get(label) ?? 0) + count);

  const rowOf = new Map(labels.map((label, row) => [label, row]));
  const columnOf = new Map(answers.map((answer, column) => [answer, column]));
  const counts = new Map<number, { readonly cell: ConfusionCell; first: number; second: number }>();
  const take = (cell: ConfusionCell, which: 'first' | 'second'): void => {
    const at = (rowOf.get(cell.label) ?? 0) * answers.length + (columnOf.get(cell.answer) ?? 0);
    const found = counts.get(at) ?? { cell, first: 0, second: 0 };
    found[which] += cell.count;
    counts.set(at, found);
  };
  if (view !== 'second') for (const cell of first) take(cell, 'first');
  if (view !== 'first') for (const cell of second) take(cell, 'second');

  const byPlace = new Map<number, GridCell>();
  for (const [at, { cell, first: before, second: after }] of counts) {
    const of = ofLabel.get(cell.label) ?? 0;
    const shown = view === 'difference' ? after - before : before + after;
    byPlace.set(at, {
      row: Math.floor(at / answers.length),
      column: at % answers.length,
      label: cell.label,
      answer: cell.answer,
      first: before,
      second: after,
      shade: of === 0 ? 0 : shown / of,
    });
  }
  return {
    labels,
    answers,
    // Light ones first: where several share a pixel, the strongest is seen.
    cells: [...byPlace.values()].sort((a, b) => Math.abs(a.shade) - Math.abs(b.shade)),
    ofLabel,
    cell: (row, column) => (column < 0 || column >= answers.length ? undefined : byPlace.get(row * answers.length + column)),
  };
}

/** Where in `perImage` the images with this label and answer stand; of a difference those where only one of the two networks answers so. */
export function imagesOfCell({ perImage }: Evaluation, place: { label: number; answer: number }, view: ConfusionView): number[] {
  const { images, labels, answers } = perImage;
  const [first, second] = answers;
  const found: number[] = [];
  for (let at = 0; at < images.length; at++) {
    if (labels[at] !== place.label) continue;
    const [one, two] = [first?.[at] === place.answer, second?.[at] === place.answer];
    if (view === 'first' ? one : view === 'second' ? two : one !== two) found.push(at);
  }
  return found;
}
