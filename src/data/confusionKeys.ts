/** A cell by row and column. */
export interface GridPlace {
  readonly row: number;
  readonly column: number;
}

/** Shift takes so many cells at a time. */
const FAR = 10;

/** Where a key leads from a cell: arrow keys, Home and End in the row, Page keys; null for any other key. */
export function stepBy(
  event: {
    readonly key: string;
    readonly shiftKey: boolean;
    readonly ctrlKey: boolean;
    readonly metaKey: boolean;
    readonly altKey: boolean;
  },
  from: GridPlace,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): GridPlace | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const far = event.shiftKey ? FAR : 1;
  const to = target(event.key, from, far, columns);
  if (to === null) return null;
  return { row: Math.min(Math.max(to.row, 0), rows - 1), column: Math.min(Math.max(to.column, 0), columns - 1) };
}

function target(key: string, { row, column }: GridPlace, far: number, columns: number): GridPlace | null {
  switch (key) {
    case 'ArrowUp':
      return { row: row - far, column };
    case 'ArrowDown':
      return { row: row + far, column };
    case 'ArrowLeft':
      return { row, column: column - far };
    case 'ArrowRight':
      return { row, column: column + far };
    case 'PageUp':
      return { row: row - FAR, column };
    case 'PageDown':
      return { row: row + FAR, column };
    case 'Home':
      return { row, column: 0 };
    case 'End':
      return { row, column: columns - 1 };
    default:
      return null;
  }
}
