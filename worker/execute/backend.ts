import type { Tensor } from '../formats/tensor.ts';
import type { Kernels, Value } from '../ops/kernels.ts';

/** `webgpu` and `wasm` compute in float32; `reference` is plain TypeScript in float64, for tests and proofs. */
export type BackendName = 'webgpu' | 'wasm' | 'reference';

/** One place where values live and kernels run. A value of one backend is never handed to another. */
export interface Backend {
  readonly name: BackendName;
  /** For the chip in the page: "WebGPU · Apple M3", "wasm · 2 threads". */
  readonly description: string;
  readonly kernels: Kernels;
  upload(tensor: Tensor): Value;
  /** Always asynchronous: a synchronous read gives zeros on WebGPU (facts/webgpu 2.4). */
  read(value: Value): Promise<Tensor>;
  release(value: Value): void;
  /** Bytes now held. */
  memory(): number;
  dispose(): void;
}
