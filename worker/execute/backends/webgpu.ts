import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { GraffitistError } from '../../errors.ts';
import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import type { Kernels, QuantRule, RoundingMode, Value } from '../../ops/kernels.ts';
import type { Backend } from '../backend.ts';
import { quantConstants } from '../fakeQuant.ts';
import { probeWebGpu } from '../probeWebGpu.ts';
import { startEngine } from './engine.ts';
import { downloadTensor, type TfValue, tfjsKernels, tidy, uploadTensor } from './tfjs.ts';
import { inexactScale, webgpuGradients } from './webgpuGradients.ts';
import { readTogether } from './webgpuReads.ts';

/** The library's program for matrix products whose order of summation does not depend on how many rows there are. */
const PACKED_PRODUCT = 3;

/** What of the library's backend collects kernels until they are submitted. */
interface Pending {
  readonly commandEncoder: GPUCommandEncoder | null;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/** @throws GraffitistError `backend-unavailable` */
export async function webgpuBackend(): Promise<Backend> {
  const probe = await probeWebGpu();
  if (!probe.available) {
    throw new GraffitistError('backend-unavailable', `WebGPU cannot be used: ${probe.description}`, { remedy: 'Choose the wasm backend.' });
  }
  // Loaded late: it registers itself only where WebGPU is there.
  await import('@tensorflow/tfjs-backend-webgpu');
  const flags = tf.env();
  // Everything runs on the device, however small.
  flags.set('WEBGPU_CPU_FORWARD', false);
  // The result of an image must not depend on the batch it runs in: no program chosen by batch size, no atomic sums.
  flags.set('WEBGPU_MATMUL_PROGRAM_TYPE', PACKED_PRODUCT);
  flags.set('WEBGPU_THRESHOLD_TO_INCREASE_WORKGROUPS_FOR_MATMUL', 0);
  const stop = await startEngine('webgpu');
  registerLinearQuant();
  const library = tf.backend() as WebGPUBackend;
  const { device } = library;
  const work = { dispatches: 0, uploads: 0, uploadedBytes: 0, reads: 0, readBytes: 0 };
  const run = library.runWebGPUProgram.bind(library);
  library.runWebGPUProgram = (...args) => {
    work.dispatches++;
    return run(...args);
  };
  const { guarded, causeOf } = watch(device);
  const read = async (value: Value): Promise<Tensor> => {
    const tensor = await guarded(downloadTensor(value));
    work.reads++;
    work.readBytes += tensor.bytes.byteLength;
    return tensor;
  };
  const kernels = rowsAlike(
    tfjsKernels({ linearQuant: (x, rule) => tf.engine().runKernel('LinearQuant', { x }, { ...rule }) as tf.Tensor }),
  );
  return {
    name: 'webgpu',
    description: `WebGPU · ${probe.description}`,
    kernels: { ...kernels, ...webgpuGradients(kernels) },
    upload: (tensor) => {
      work.uploads++;
      work.uploadedBytes += tensor.bytes.byteLength;
      return uploadTensor(tensor);
    },
    make: (shape, fill) => {
      const elements = new Float32Array(shape.reduce((product, length) => product * length, 1));
      fill(elements);
      work.uploads++;
      work.uploadedBytes += elements.byteLength;
      return { dtype: 'float32', shape, tensor: tf.engine().makeTensor(elements, [...shape], 'float32') } as TfValue;
    },
    read,
    readAll: async (values) => {
      const together = await guarded(readTogether(values as readonly TfValue[]));
      if (together === null) return Promise.all(values.map(read));
      work.reads++;
      for (const { byteLength } of together) work.readBytes += byteLength;
      return values.map(({ dtype, shape }, k) => makeTensor(dtype, shape, together[k] as Float32Array));
    },
    withFloats: async (value, use) => {
      const elements = (await guarded((value as TfValue).tensor.data())) as Float32Array;
      work.reads++;
      work.readBytes += elements.byteLength;
      return use(elements);
    },
    work: () => ({ ...work }),
    scope: tidy,
    release: (value) => (value as TfValue).tensor.dispose(),
    settle: async () => {
      const pending = tf.backend() as unknown as Pending;
      // As the library itself does before it submits; where a read has submitted everything, there is no encoder to finish.
      pending.endComputePassEncoder();
      if (pending.commandEncoder) pending.submitQueue();
      await guarded(device.queue.onSubmittedWorkDone());
    },
    causeOf,
    memory: () => tf.memory().numBytes,
    dispose: stop,
  };
}

/** A lost device is told of after calls have failed for it; so many milliseconds at most. */
const LOSS_MS = 500;

interface Watch {
  /** Awaits work of the device. */
  guarded<T>(work: Promise<T>): Promise<T>;
  causeOf(error: unknown): Promise<unknown>;
}

/**
 * WebGPU reports a kernel that could not run (no memory, a lost device) beside the results, which are then zeros. Whatever is awaited
 * from the device goes through here, so that such a report is an error and not a wrong number.
 */
function watch(device: GPUDevice): Watch {
  let failure: GraffitistError | undefined;
  const lost = device.lost.then(({ message }) => {
    failure = new GraffitistError('backend-unavailable', `The graphics device was lost: ${message || 'nothing says why.'}`, {
      remedy: 'Run again, or choose the wasm backend.',
    });
  });
  device.addEventListener('uncapturederror', (event) => {
    failure ??= new GraffitistError(
      'backend-unavailable',
      `The graphics device refused work: ${(event as GPUUncapturedErrorEvent).error.message}`,
      {
        remedy: 'Use fewer images at a time, or choose the wasm backend.',
      },
    );
  });
  const causeOf = async (error: unknown): Promise<unknown> => {
    await Promise.race([lost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
    return failure ?? error;
  };
  return {
    causeOf,
    guarded: async (work) => {
      const ended = await Promise.race([work.then((result) => ({ result })), lost]).catch(async (error: unknown) => {
        throw await causeOf(error);
      });
      if (failure !== undefined || ended === undefined) throw failure;
      return ended.result;
    },
  };
}

/**
 * The library multiplies a single row in another order than several. An image must not come out differently because it is alone, so a
 * single row is computed twice.
 */
function rowsAlike(kernels: Omit<Kernels, 'linearQuantGrad'>): Omit<Kernels, 'linearQuantGrad'> {
  const doubled = (x: Value, axis: number, compute: (x: Value) => Value, resultAxis: number): Value => {
    const both = compute(kernels.concat([x, x], axis));
    const size = both.shape.map((length, i) => (i === resultAxis ? length / 2 : length));
    const origin = size.map(() => 0);
    return kernels.stridedSlice(
      both,
      origin,
      size,
      origin.map(() => 1),
    );
  };
  const once = (work: () => Value): Value => tidy(() => [work()])[0] as Value;
  return {
    ...kernels,
    matMul: (a, b, options) => {
      const axis = a.shape.length - (options.transposeA ? 1 : 2);
      if (a.shape[axis] !== 1) return kernels.matMul(a, b, options);
      const rank = Math.max(a.shape.length, b.shape.length);
      return once(() => doubled(a, axis, (rows) => kernels.matMul(rows, b, options), rank - 2));
    },
    conv2d: (x, filter, geometry) => {
      const [batch, height, width] = x.shape;
      const wholeImage = filter.shape[0] === height && filter.shape[1] === width && geometry.padding.flat().every((p) => p === 0);
      if (batch !== 1 || !wholeImage) return kernels.conv2d(x, filter, geometry);
      return once(() => doubled(x, 0, (images) => kernels.conv2d(images, filter, geometry), 0));
    },
  };
}

let registered = false;

/** The quantizer as one program. */
function registerLinearQuant(): void {
  if (registered) return;
  registered = true;
  tf.registerKernel({
    kernelName: 'LinearQuant',
    backendName: 'webgpu',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const rule = attrs as unknown as QuantRule;
      const { inverse, scale, min, max, tiny, exact } = quantConstants(rule);
      if (!exact) throw inexactScale(rule);
      const x = inputs.x as tf.TensorInfo;
      const uniforms = [inverse, scale, min, max, tiny].map((value) => ({ type: 'float32', data: [value] }));
      return (backend as WebGPUBackend).runWebGPUProgram(quantProgram(x.shape, rule.rounding), [x], 'float32', uniforms);
    },
  });
}

type WebGPUProgram = Parameters<WebGPUBackend['runWebGPUProgram']>[0];

const WORKGROUP = 64;

/** The arithmetic of fakeQuant.ts in WGSL. NaN and what is too small are told by their bits: comparisons of floats may be rewritten. */
function quantProgram(shape: number[], rounding: RoundingMode): WebGPUProgram {
  const count = shape.reduce((product, length) => product * length, 1);
  return {
    variableNames: ['x'],
    uniforms: 'inverse : f32, scale : f32, low : f32, high : f32, tiny : f32,',
    workgroupSize: [WORKGROUP, 1, 1],
    size: true,
    outputShape: shape,
    dispatchLayout: { x: shape.map((_, axis) => axis) },
    dispatch: [Math.ceil(count / WORKGROUP), 1, 1],
    shaderKey: `linear_quant_${rounding}`,
    getUserCode: () => `
      fn main(index : i32) {
        if (index < uniforms.size) {
          let value = x[index];
          let magnitude = bitcast<u32>(value) & 0x7fffffffu;
          var quantized = value;
          if (magnitude <= 0x7f800000u || (uniforms.low == 0.0 && uniforms.high == 0.0)) {
            let ratio = select(value * uniforms.inverse, 0.0, magnitude < bitcast<u32>(uniforms.tiny));
            let code = ${rounding}(clamp(ratio, uniforms.low, uniforms.high));
            quantized = select(code * uniforms.scale, 0.0, code == 0.0);
          }
          setOutputAtIndex(index, quantized);
        }
      }
    `,
  };
}
