import { GraffitistError } from '../errors.ts';

/** Splits a command line as a POSIX shell does: blanks, single and double quotes, backslash (line continuation included). */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '\\') {
      const next = text.charAt(at + 1);
      at += 1;
      if (next !== '\n' && next !== '') word = (word ?? '') + next;
    } else if (char === "'" || char === '"') {
      const end = text.indexOf(char, at + 1);
      if (end < 0)
        throw new GraffitistError('option-invalid', `The quote at character ${at + 1} is never closed.`, { about: 'command line' });
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (/\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

/** A word as a shell reads it back. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
