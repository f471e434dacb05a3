import { GraffitistError } from '../../errors.ts';

/** Where a WebAssembly file comes from: its address (fetched), its bytes, or what was compiled from them. */
export type WasmFile = string | URL | Uint8Array | WebAssembly.Module;

/** Compiles a WebAssembly file. @throws GraffitistError `internal` where it cannot be fetched or is none */
export async function compileWasm(file: WasmFile): Promise<WebAssembly.Module> {
  if (file instanceof WebAssembly.Module) return file;
  try {
    return await WebAssembly.compile((file instanceof Uint8Array ? file : await fetched(file)) as BufferSource);
  } catch (error) {
    throw new GraffitistError(
      'internal',
      `The image decoder cannot be loaded: ${error instanceof Error ? error.message : String(error)}.`,
      {
        remedy: 'Reload the page, or install the program again.',
      },
    );
  }
}

async function fetched(address: string | URL): Promise<ArrayBuffer> {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${response.url} answers ${response.status}`);
  return response.arrayBuffer();
}

/** What the two libraries export alike. */
export interface Heap {
  readonly memory: WebAssembly.Memory;
  /** 0 where there is no memory left. */
  malloc(size: number): number;
  free(pointer: number): void;
}

/** Bytes that are copied into a library's memory; 0 where they do not fit. */
export function copyIn(heap: Heap, bytes: Uint8Array): number {
  const pointer = heap.malloc(bytes.length) >>> 0;
  if (pointer !== 0) new Uint8Array(heap.memory.buffer, pointer, bytes.length).set(bytes);
  return pointer;
}
