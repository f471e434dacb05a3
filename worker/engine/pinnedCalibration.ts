import { parseList } from '../data/calibrationSet/list.ts';
import { errorInfo, GraffitistError } from '../errors.ts';
import { sha256 } from '../formats/sha256.ts';
import type { PinnedCalibration, SourceFile, Warning } from '../protocol.ts';
import type { OpenDocument } from './document.ts';

/** A list of so many bytes names a million images. */
const LONGEST_LIST = 2 ** 28;

/** CSET8: the data of a recipe by its hash, and how it was made where one of `files` is the list of just that array. */
export async function pinnedCalibration(file: SourceFile, files: readonly SourceFile[]): Promise<PinnedCalibration> {
  const pinned = { name: file.name, sha256: await sha256(file.blob) };
  for (const listFile of files) {
    if (!/\.json$/i.test(listFile.name) || listFile.blob.size > LONGEST_LIST) continue;
    const list = listOf(await listFile.blob.text(), listFile.name);
    if (list?.array.sha256 !== pinned.sha256) continue;
    return {
      ...pinned,
      list: { name: listFile.name, sha256: await sha256(listFile.blob) },
      images: list.images.rule,
      size: list.size,
      ...(list.seed === null ? {} : { seed: list.seed }),
      balanced: list.balanced,
    };
  }
  return pinned;
}

/** Null: another JSON file. */
function listOf(text: string, name: string): ReturnType<typeof parseList> | null {
  try {
    return parseList(text, name);
  } catch (error) {
    if (
      error instanceof GraffitistError &&
      ['recipe-invalid', 'data-differs', 'option-invalid', 'data-shape'].includes(errorInfo(error).code)
    )
      return null;
    throw error;
  }
}

/** CSET9: a warning where the recipe was made with other data than those at hand. */
export async function otherCalibration(wanted: PinnedCalibration | undefined, { calibration }: OpenDocument): Promise<readonly Warning[]> {
  if (wanted === undefined || calibration === null) return [];
  const found = await sha256(calibration.file.blob);
  if (found === wanted.sha256) return [];
  const short = (hash: string): string => hash.slice(0, 12);
  const text = `The recipe was made with '${wanted.name}' (SHA-256 ${short(wanted.sha256)}…) and runs on '${calibration.file.name}' (${short(found)}…): thresholds may differ.`;
  return [{ rule: 'CSET9', node: calibration.file.name, text }];
}
