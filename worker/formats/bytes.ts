/** One array of all chunks. */
export function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

/** What Node's protobuf writer returns is a Buffer; everybody else gets the same plain array on every platform. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** How much of a file is read at once: a piece that is still in the processor's cache when it is copied. */
const SLICE = 2 * 2 ** 20;

/** All bytes of a file, read piece by piece into one array: at no time is the file held twice. */
export async function readBlob(blob: Blob): Promise<Uint8Array> {
  if (blob.size <= SLICE) return new Uint8Array(await blob.arrayBuffer());
  const bytes = new Uint8Array(blob.size);
  for (let at = 0; at < blob.size; at += SLICE) bytes.set(new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer()), at);
  return bytes;
}
