import { type BackendWasm, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { GraffitistError } from '../../errors.ts';
import type { QuantRule } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';
import { fakeQuant, quantConstants } from '../fakeQuant.ts';
import { startEngine } from './engine.ts';
import { gradientLoops } from './gradientSimd.ts';
import { type HeapQuant, simdQuant } from './simdQuant.ts';
import { downloadTensor, type TfValue, tfjsKernels, tidy, uploadTensor } from './tfjs.ts';
import { wasmBroadcast } from './wasmBroadcast.ts';
import { wasmGradients } from './wasmGradients.ts';

/** Where the .wasm files of TensorFlow.js are: a folder (path or URL ending in a slash), or each file by its name. */
export type WasmPaths = string | Readonly<Record<string, string>>;

/** What this file uses of the library's module object beside its typed part. */
interface EmscriptenModule {
  readonly HEAPF32: Float32Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  readonly asm?: { readonly memory?: unknown };
}

let pathsSet = false;

/** One thread: more need a cross-origin isolated page and gain nothing beside one worker per core. @throws GraffitistError `backend-unavailable` */
export async function wasmBackend(paths: WasmPaths | undefined): Promise<Backend> {
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  if (paths !== undefined && !pathsSet) {
    setWasmPaths(paths);
    pathsSet = true;
  }
  registerLinearQuant();
  const stop = await startEngine('wasm');
  const backend = tf.backend() as BackendWasm;
  const module = backend.wasm as unknown as EmscriptenModule;
  guardMemory(module);
  const memory = module.asm?.memory;
  const loops = memory instanceof WebAssembly.Memory ? gradientLoops(memory, module._malloc(32)) : null;
  const kernels = tfjsKernels({ linearQuant: (x, rule) => tf.engine().runKernel('LinearQuant', { x }, { ...rule }) as tf.Tensor });
  /** The tensor's elements where they lie. The view dies with the next allocation, so it is never kept. */
  const elements = (tensor: tf.Tensor): Float32Array => heap(backend, tensor.dataId, tensor.size);
  return {
    name: 'wasm',
    description: 'wasm',
    kernels: {
      ...kernels,
      ...wasmBroadcast(backend, kernels, () => module.HEAPF32.buffer),
      ...wasmGradients(backend, loops, kernels, () => module.HEAPF32),
    },
    upload: uploadTensor,
    make: (shape, fill) => {
      const tensor = tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'));
      fill(elements(tensor));
      return { dtype: 'float32', shape, tensor } as TfValue;
    },
    read: downloadTensor,
    readAll: (values) => Promise.all(values.map(downloadTensor)),
    withFloats: async (value, use) => use(elements((value as TfValue).tensor)),
    scope: tidy,
    release: (value) => (value as TfValue).tensor.dispose(),
    settle: async () => undefined,
    memory: () => tf.memory().numBytes,
    dispose: stop,
  };
}

/** The library writes results to address 0 when memory runs out; here that is an error. */
function guardMemory(module: EmscriptenModule): void {
  // The module replaces its own entry on the first call.
  module._free(module._malloc(4));
  const allocate = module._malloc;
  module._malloc = (bytes) => {
    // Addresses have 32 bits: a larger count would come out as a small one.
    const at = bytes < 2 ** 32 ? allocate(bytes) : 0;
    if (at === 0 && bytes > 0) {
      throw new GraffitistError('memory-budget', `The wasm backend has no ${Math.ceil(bytes / 2 ** 20)} MB left.`, {
        remedy: 'Use fewer images at a time.',
      });
    }
    return at;
  };
}

function heap(backend: BackendWasm, dataId: object, length: number): Float32Array {
  const { HEAPF32 } = backend.wasm as unknown as EmscriptenModule;
  return new Float32Array(HEAPF32.buffer, backend.getMemoryOffset(dataId), length);
}

let registered = false;

/** The quantizer as a kernel of its own, on the heap. */
function registerLinearQuant(): void {
  if (registered) return;
  registered = true;
  const vectorized = new WeakMap<BackendWasm, HeapQuant | null>();
  tf.registerKernel({
    kernelName: 'LinearQuant',
    backendName: 'wasm',
    setupFunc: (backend) => {
      const memory = ((backend as BackendWasm).wasm as unknown as EmscriptenModule).asm?.memory;
      vectorized.set(backend as BackendWasm, memory instanceof WebAssembly.Memory ? simdQuant(memory) : null);
    },
    kernelFunc: (call) => {
      const backend = call.backend as BackendWasm;
      const x = call.inputs.x as tf.TensorInfo;
      const rule = call.attrs as unknown as QuantRule;
      const fast = quantConstants(rule).exact && !(rule.min === 0 && rule.max === 0) ? vectorized.get(backend) : null;
      const output = backend.makeOutput(x.shape, 'float32');
      const count = tf.util.sizeFromShape(x.shape);
      const steps = fast ? count - (count % 4) : 0;
      if (fast && steps > 0) fast(backend.getMemoryOffset(x.dataId), backend.getMemoryOffset(output.dataId), steps, rule);
      fakeQuant(heap(backend, x.dataId, count).subarray(steps), heap(backend, output.dataId, count).subarray(steps), rule);
      return output;
    },
  });
}
