import { GraffitistError } from '../../errors.ts';

/** Rows of a table as text: CSV with commas, semicolons or tabs and quoted fields, else fields between blanks. @throws GraffitistError `csv-malformed` */
export function parseTable(text: string, fileName: string): string[][] {
  const plain = text.replace(/^\uFEFF/, '');
  const first = plain.slice(0, plain.indexOf('\n') < 0 ? plain.length : plain.indexOf('\n'));
  const delimiter = ['\t', ',', ';'].find((sign) => first.includes(sign));
  if (delimiter === undefined && !first.includes('"')) {
    return plain
      .split(/\r?\n/)
      .map((line) => line.trim().split(/\s+/))
      .filter(([field]) => field !== '');
  }
  return [...rows(plain, delimiter ?? ',', fileName)].filter((row) => row.length > 1 || row[0] !== '');
}

/** RFC 4180: a quote within quotes is doubled, and line ends may stand in quotes. */
function* rows(text: string, delimiter: string, fileName: string): Generator<string[]> {
  let row: string[] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    let field = '';
    if (text[at] === '"') {
      const started = line;
      for (at++; ; at++) {
        if (at >= text.length) throw malformed(fileName, `in line ${started} a quoted field does not end`);
        if (text[at] === '\n') line++;
        if (text[at] !== '"') field += text[at];
        else if (text[at + 1] === '"') field += text[++at];
        else break;
      }
      at++;
      if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r')
        throw malformed(fileName, `in line ${line} something follows a closing quote`);
    } else {
      const from = at;
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++;
      field = text.slice(from, at);
    }
    row.push(field.trim());
    if (text[at] === delimiter) {
      at++;
      if (at < text.length && text[at] !== '\n' && text[at] !== '\r') continue;
      row.push('');
    }
    if (text[at] === '\r') at++;
    if (text[at] === '\n') at++;
    line++;
    yield row;
    row = [];
  }
}

/** A table that is none: `why` is a clause. */
export function malformed(about: string, why: string): GraffitistError {
  return new GraffitistError('csv-malformed', `The table of labels cannot be read: ${why}.`, {
    about,
    remedy: 'Write one image per line: its file, a comma, its label.',
  });
}
