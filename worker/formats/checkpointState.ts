/** The text file `checkpoint`: which checkpoint in its folder is the current one. */
export interface CheckpointState {
  /** Path without `.index`, as written: often relative to the folder. */
  readonly current: string;
  /** All that are kept, oldest first. */
  readonly all: readonly string[];
}

/** Reads the text; undefined where it names no current checkpoint. */
export function readCheckpointState(text: string): CheckpointState | undefined {
  const values = (field: string): string[] =>
    [...text.matchAll(new RegExp(`^\\s*${field}\\s*:\\s*("(?:[^"\\\\\\n]|\\\\.)*"|'(?:[^'\\\\\\n]|\\\\.)*')`, 'gm'))].map((match) =>
      unquote(match[1] ?? ''),
    );
  const [current] = values('model_checkpoint_path').slice(-1);
  return current === undefined ? undefined : { current, all: values('all_model_checkpoint_paths') };
}

/** The text of the file, as TensorFlow writes it. */
export function writeCheckpointState(state: CheckpointState): string {
  const lines = [
    `model_checkpoint_path: ${quote(state.current)}`,
    ...state.all.map((path) => `all_model_checkpoint_paths: ${quote(path)}`),
  ];
  return `${lines.join('\n')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Characters outside ASCII are written as their UTF-8 bytes in octal. */
function unquote(text: string): string {
  const bytes: number[] = [];
  for (const [whole, octal, hex, letter] of text.slice(1, -1).matchAll(/\\([0-7]{1,3})|\\x([0-9a-fA-F]{1,2})|\\(.)|[^\\]+/g)) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else bytes.push(...new TextEncoder().encode(letter === undefined ? whole : (ESCAPES[letter] ?? letter)));
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function quote(text: string): string {
  let quoted = '';
  for (const byte of new TextEncoder().encode(text)) {
    const char = String.fromCharCode(byte);
    if (char === '"' || char === '\\') quoted += `\\${char}`;
    else if (char === "'") quoted += "\\'";
    else if (char === '\n') quoted += '\\n';
    else quoted += byte < 0x20 || byte >= 0x7f ? `\\${byte.toString(8).padStart(3, '0')}` : char;
  }
  return `"${quoted}"`;
}
