import type { Tensor } from '../formats/tensor.ts';
import type { Kernels, Value } from '../ops/kernels.ts';

/** `webgpu` and `wasm` compute in float32; `reference` is plain TypeScript in float64, for tests and proofs. */
export type BackendName = 'webgpu' | 'wasm' | 'reference';

/** Elements as a backend holds them. */
export type FloatArray = Float32Array | Float64Array;

/** What a device was given: programs to run, and bytes that went to it and came back. */
export interface DeviceWork {
  readonly dispatches: number;
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** How often something was waited for to come back. */
  readonly reads: number;
  readonly readBytes: number;
}

/** One place where values live and kernels run. A value of one backend is never handed to another. */
export interface Backend {
  readonly name: BackendName;
  /** For the chip in the page: "WebGPU · Apple M3", "wasm · 2 threads". */
  readonly description: string;
  readonly kernels: Kernels;
  upload(tensor: Tensor): Value;
  /** A float32 value of `shape` whose elements `fill` writes; where possible straight into the backend's memory. */
  make(shape: readonly number[], fill: (target: FloatArray) => void): Value;
  /** Always asynchronous: a synchronous read gives zeros on WebGPU (facts/webgpu 2.4). */
  read(value: Value): Promise<Tensor>;
  /** The same for several values, in their order: a device is waited for once. */
  readAll(values: readonly Value[]): Promise<readonly Tensor[]>;
  /** Lends the elements of a float value, where possible without a copy. They are only to be read, and only until `use` returns. */
  withFloats<T>(value: Value, use: (elements: FloatArray) => T): Promise<T>;
  /** Runs `work` and releases every value made in it but those it returns. */
  scope(work: () => readonly Value[]): readonly Value[];
  release(value: Value): void;
  /** Resolves when the kernels called so far have run. */
  settle(): Promise<void>;
  /** What the device was given since the backend was made; absent where kernels run in place. */
  readonly work?: () => DeviceWork;
  /** What stands behind an error that kernels or reads met: where the device was lost that, else the error. Absent where there is no device. */
  readonly causeOf?: (error: unknown) => Promise<unknown>;
  /** Bytes now held. */
  memory(): number;
  dispose(): void;
}
