import type { DocumentSummary, ErrorInfo, FileSummary, RunRequest, TransformInfo } from '../../worker/protocol.ts';

/** One line of the Files list. The parts of a checkpoint are one line: they are one thing to a person. */
export interface FileRow {
  readonly key: string;
  /** What it is, in a word that fits a tag: `pb`, `pbtxt`, `meta`, `ckpt`, `npy`, `npz`, `txt`, `json`, `file`. */
  readonly kind: string;
  readonly name: string;
  readonly title: string;
  readonly detail: string;
  /** The part of the detail that fits beside the name. */
  readonly fact: string;
  readonly error: ErrorInfo | null;
}

/** Absent: the ending of its name. */
const KIND: Readonly<Record<FileSummary['role'], string | null>> = {
  graph: null,
  'checkpoint-index': 'ckpt',
  'checkpoint-data': 'ckpt',
  'checkpoint-state': 'ckpt',
  calibration: null,
  list: null,
  recipe: 'json',
  unknown: 'file',
};

/** Name of the checkpoint that a part belongs to: `model.ckpt` for `model.ckpt.data-00000-of-00001`. */
export function checkpointPrefix(name: string): string {
  return name.replace(/\.(index|data-\d{5}-of-\d{5})$/, '');
}

/** @param usedBy options of the pipeline by the file that they name */
export function fileRows(files: DocumentSummary['files'], usedBy: ReadonlyMap<string, string> = new Map()): FileRow[] {
  const rows: FileRow[] = [];
  const hasCheckpoint = files.some((file) => file.role === 'checkpoint-index');
  const parts = new Map<string, FileSummary[]>();
  for (const file of files) {
    // The text file that names the latest checkpoint says nothing more where that lies beside it.
    if (file.role === 'checkpoint-state' && hasCheckpoint) continue;
    if (file.role === 'checkpoint-index' || file.role === 'checkpoint-data') {
      const prefix = checkpointPrefix(file.name);
      const known = parts.get(prefix);
      if (known !== undefined) {
        known.push(file);
        continue;
      }
      parts.set(prefix, [file]);
      rows.push({ key: prefix, kind: 'ckpt', name: prefix, title: '', detail: '', fact: '', error: null });
    } else {
      rows.push({
        key: file.name,
        kind: KIND[file.role] ?? ending(file.name),
        name: file.name,
        title: file.name,
        detail: file.detail,
        fact: file.role === 'list' ? (usedBy.get(file.name) ?? 'not used') : fact(file.detail),
        error: file.error ?? null,
      });
    }
  }
  return rows.map((row) => {
    const members = row.kind === 'ckpt' ? parts.get(row.key) : undefined;
    return members === undefined ? row : { ...row, ...checkpointRow(members) };
  });
}

function checkpointRow(members: readonly FileSummary[]): Pick<FileRow, 'title' | 'detail' | 'fact' | 'error'> {
  const index = members.find((file) => file.role === 'checkpoint-index');
  const detail = index?.detail ?? 'no .index';
  return {
    title: members.map((file) => file.name).join('\n'),
    detail,
    fact: fact(detail),
    error: members.find((file) => file.error !== undefined)?.error ?? null,
  };
}

/** `50 images` of `50 images 128×128×3`: the interface card shows the shape. */
function fact(detail: string): string {
  return detail.replace(/\s+\d+(×\d+)+\b.*$/, '');
}

function ending(name: string): string {
  return /\.(\w{1,6})$/.exec(name)?.[1]?.toLowerCase() ?? 'file';
}

/** Options of kind `file`, by the name of the file that a step gives them; a path counts by its last part. */
export function namedFiles({ steps }: Pick<RunRequest, 'steps'>, transforms: readonly TransformInfo[]): ReadonlyMap<string, string> {
  const named = steps.flatMap((step) =>
    Object.entries(transforms.find(({ name }) => name === step.transform)?.options ?? {})
      .filter(([, { kind }]) => kind === 'file')
      .map(([option]): [string, string] => [String(step.options[option] ?? '').replace(/^.*\//, ''), option]),
  );
  return new Map(named.filter(([file]) => file !== ''));
}
