/** Files into the page, and out of it. */
import { readFile } from 'node:fs/promises';
import { type Download, expect, type FileChooser, type Locator, type Page } from '@playwright/test';

/** Files by name. */
export type Files = ReadonlyMap<string, Buffer>;

/** Chooses files in the dialog that `opening` brings up. */
export async function choose(page: Page, opening: () => Promise<void>, files: Parameters<FileChooser['setFiles']>[0]): Promise<void> {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), opening()]);
  await chooser.setFiles(files);
}

/** A file for the dialog that lies nowhere. */
export function inMemory(name: string, buffer: Buffer): { name: string; mimeType: string; buffer: Buffer } {
  return { name, mimeType: 'application/octet-stream', buffer };
}

/** Drops files or folders from the desktop on the middle of the graph, as the system does: the page gets real entries to walk. */
export async function drop(page: Page, paths: readonly string[]): Promise<void> {
  await dropAt(page, { x: 720, y: 360 }, paths);
}

/** Drops them on a part of the page. */
export async function dropOn(page: Page, part: Locator, paths: readonly string[]): Promise<void> {
  const box = await part.boundingBox();
  if (box === null) throw new Error('There is no place to drop on.');
  await dropAt(page, { x: box.x + box.width / 2, y: box.y + 30 }, paths);
}

async function dropAt(page: Page, place: { readonly x: number; readonly y: number }, paths: readonly string[]): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const at = { ...place, data: { items: [], files: [...paths], dragOperationsMask: 1 } };
  await client.send('Input.dispatchDragEvent', { type: 'dragEnter', ...at });
  await client.send('Input.dispatchDragEvent', { type: 'dragOver', ...at });
  await client.send('Input.dispatchDragEvent', { type: 'drop', ...at });
  await client.detach();
}

/** Saves by an entry of the Download menu. @param count files that the entry writes */
export async function save(page: Page, entry: RegExp, count = 1): Promise<Files> {
  return downloads(page, count, async () => {
    await page.getByRole('button', { name: 'Download', exact: true }).click();
    await page.getByRole('menuitem', { name: entry }).click();
  });
}

/** The `count` files that the browser saves while `action` is done, and after. */
export async function downloads(page: Page, count: number, action: () => Promise<void>): Promise<Files> {
  const begun: Download[] = [];
  const enough = new Promise<void>((resolve) => {
    const listen = (download: Download): void => {
      begun.push(download);
      if (begun.length < count) return;
      page.off('download', listen);
      resolve();
    };
    page.on('download', listen);
  });
  await action();
  await enough;
  const files = await Promise.all(begun.map(async (each) => [each.suggestedFilename(), await readFile(await each.path())] as const));
  return new Map(files);
}

/** The forms of the Download menu, by the beginning of their names. */
export const FORM = { frozen: /^Download \.pb/, graffitist: /^Graffitist form/, recipe: /^Recipe/, zip: /^All as \.zip/ } as const;

/** The thresholds table as the page saves it, cell by cell. */
export async function thresholdsTable(page: Page): Promise<readonly Readonly<Record<string, string>>[]> {
  const files = await downloads(page, 1, () => page.getByRole('button', { name: 'CSV' }).click());
  const [text = ''] = [...files.values()].map(String);
  const [head = '', ...lines] = text.trimEnd().split('\r\n');
  const names = head.split(',');
  return lines.map((line) => {
    const cells = line.split(',');
    return Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']));
  });
}

/** What a table says of thresholds, without what only a calibration knows. */
export function thresholdsOf(table: readonly Readonly<Record<string, string>>[]): readonly Readonly<Record<string, string>>[] {
  return table.map(({ clipped: _clipped, sqnr_db: _sqnr, samples: _samples, method: _method, ...row }) => row);
}

/** The file of a form that is one. */
export function only(files: Files): Buffer {
  const [file] = files.values();
  if (file === undefined || files.size > 1) throw new Error(`One file was expected: ${[...files.keys()].join(', ')}`);
  return file;
}

/** The same names, and under each the same bytes. */
export function expectSameFiles(actual: Files, expected: Files): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, bytes] of actual) expect(firstDifference(bytes, expected.get(name)), name).toBeNull();
}

/** Where two files part, in words: a comparison of megabytes would print them. */
function firstDifference(actual: Buffer, expected: Buffer | undefined): string | null {
  if (expected === undefined) return 'not there';
  if (actual.equals(expected)) return null;
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  return `${actual.length} and ${expected.length} bytes, first different at ${at}`;
}
