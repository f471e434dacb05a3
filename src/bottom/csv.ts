import type { QuantizerRow } from '../../worker/protocol.ts';

const COLUMNS: readonly (readonly [name: string, cell: (row: QuantizerRow) => string | number | boolean | null | undefined])[] = [
  ['quantizer', (row) => row.name],
  ['source', (row) => row.source],
  ['kind', (row) => row.kind],
  ['bits', (row) => row.bits],
  ['signed', (row) => row.signed],
  ['rounding', (row) => row.rounding],
  ['log2_t', (row) => row.log2t],
  ['threshold', (row) => row.rawThreshold],
  ['threshold_in_use', (row) => row.usedThreshold],
  ['scale_exponent', (row) => row.exponent],
  ['clipped', (row) => row.clipped],
  ['sqnr_db', (row) => row.sqnrDb],
  ['samples', (row) => row.samples],
  ['method', (row) => row.method],
  ['group', (row) => row.group],
];

/** The thresholds table, full precision, RFC 4180; what is not known is an empty cell and never 0. */
export function thresholdsCsv(rows: readonly QuantizerRow[]): string {
  const lines = [COLUMNS.map(([name]) => name), ...rows.map((row) => COLUMNS.map(([, cell]) => quoted(cell(row))))];
  return `${lines.map((cells) => cells.join(',')).join('\r\n')}\r\n`;
}

function quoted(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
