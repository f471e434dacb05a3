/** Where a WebAssembly file comes from: its address (fetched), its bytes, or what was compiled from them. */
export type WasmFile = string | URL | Uint8Array | WebAssembly.Module;

/** Compiles a WebAssembly file. @throws TypeError where it cannot be fetched, WebAssembly.CompileError where it is none */
export async function compileWasm(file: WasmFile): Promise<WebAssembly.Module> {
  if (file instanceof WebAssembly.Module) return file;
  const bytes = file instanceof Uint8Array ? file : new Uint8Array(await (await fetch(file)).arrayBuffer());
  return WebAssembly.compile(bytes as BufferSource);
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
