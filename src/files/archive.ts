import type { SourceFile } from '../../worker/protocol.ts';

/** The list of names stands at the end of an archive; this much of it is looked at. */
const TAIL_BYTES = 1 << 18;

/** Whether a .zip has a graph among its files, and so opens a document instead of joining the open one. */
export async function holdsGraph({ name, blob }: SourceFile): Promise<boolean> {
  if (!/\.zip$/i.test(name)) return false;
  const tail = await blob.slice(Math.max(0, blob.size - TAIL_BYTES)).text();
  return /\.(pb|pbtxt|meta|graphdef)/i.test(tail);
}
