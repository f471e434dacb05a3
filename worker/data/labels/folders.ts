import { firstFolder } from '../sources/pictureSource.ts';

export interface FolderLabels {
  /** By image; null for a picture that lies in no class's folder. */
  readonly labels: readonly (number | null)[];
  /** By label. */
  readonly classNames: readonly string[];
  readonly folders: number;
}

/** LBL3: the outermost folder of a picture is its class: classes in the sorted order of names, folders named by numbers the numbers themselves. */
export function folderLabels(paths: readonly string[]): FolderLabels {
  const names = [...new Set(paths.map(firstFolder))].filter((name) => name !== '').sort();
  const numbered = names.length > 0 && names.every((name) => /^\d+$/.test(name));
  const labelOf = new Map(names.map((name, index) => [name, numbered ? Number(name) : index]));
  const classNames: string[] = numbered ? [] : names;
  return { labels: paths.map((path) => labelOf.get(firstFolder(path)) ?? null), classNames, folders: names.length };
}
