import type { DownloadForm, SourceFile } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { bytes } from '../format/numbers.ts';
import { log } from '../state/log.ts';
import { runJob } from './jobs.ts';

/** Asks the engine for the files of a form and hands each to the browser's downloads. */
export async function download(form: DownloadForm): Promise<void> {
  const ended = await runJob(
    'save',
    'Saving',
    (options) => engine().download(form, options),
    (files) => `Saved ${files.map((file) => `${file.name} (${bytes(file.blob.size)})`).join(', ')}.`,
  );
  if (ended.state !== 'done') return;
  for (const file of ended.value) {
    saveFile(file);
    for (const note of file.notes ?? []) log('warning', `${file.name}: ${note}`);
  }
}

/** Starts a browser download. */
export function saveFile({ name, blob }: SourceFile): void {
  // Of any other type, the browser would give a name without an ending (`checkpoint`) one of its own.
  const url = URL.createObjectURL(new Blob([blob], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the data once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
