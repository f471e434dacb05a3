/** Rows as aligned columns; a column whose cells are all numbers or scales is set to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const right = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => /^[-−\d.,\s%⁰¹²³⁴⁵⁶⁷⁸⁹⁻→()dBms–]*$/.test(row[column] ?? '')),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  return [line(head), line(widths.map((width) => '─'.repeat(width))), ...rows.map(line)].join('\n');
}

const superscripts: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** `2⁻⁷` */
export function powerText(exponent: number): string {
  return `2${[...String(exponent)].map((digit) => superscripts[digit] ?? digit).join('')}`;
}
