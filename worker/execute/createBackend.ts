import type { Backend, BackendName } from './backend.ts';
import { referenceBackend } from './backends/reference.ts';
import type { WasmPaths } from './backends/wasm.ts';

export type { WasmPaths };

export interface BackendOptions {
  /** Where the .wasm files are; beside the library where absent (plain Node). Read once per worker. */
  readonly wasmPaths?: WasmPaths;
}

/**
 * Starts a backend. TensorFlow.js is loaded on first use and there is one of its backends at a time in a worker.
 * @throws GraffitistError `backend-unavailable`; never another backend instead
 */
export async function createBackend(name: BackendName, options: BackendOptions = {}): Promise<Backend> {
  switch (name) {
    case 'reference':
      return referenceBackend();
    case 'wasm':
      return (await import('./backends/wasm.ts')).wasmBackend(options.wasmPaths);
    case 'webgpu':
      return (await import('./backends/webgpu.ts')).webgpuBackend();
  }
}
