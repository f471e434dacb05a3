import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import type { TfValue } from './tfjs.ts';

/** What of the library's backend holds tensors and collects commands until they are submitted. */
interface Internals {
  readonly tensorMap: { get(dataId: object): { readonly values?: unknown; readonly resource?: unknown } | undefined };
  readonly bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer; releaseBuffer(buffer: GPUBuffer): void };
  readonly commandEncoder: GPUCommandEncoder;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
}

/**
 * The elements of float32 values, copied side by side and waited for once; the library waits for each. Null where one of them is of
 * another type or not on the device.
 */
export async function readTogether(values: readonly TfValue[]): Promise<readonly Float32Array[] | null> {
  const library = tf.backend() as WebGPUBackend as unknown as Internals;
  const places: { readonly buffer: GPUBuffer; readonly start: number; readonly bytes: number }[] = [];
  let total = 0;
  for (const { tensor } of values) {
    const { values: elsewhere, resource } = library.tensorMap.get(tensor.dataId) ?? {};
    if (tensor.dtype !== 'float32' || tensor.size === 0 || elsewhere != null || !(resource instanceof GPUBuffer)) return null;
    const bytes = tensor.size * Float32Array.BYTES_PER_ELEMENT;
    places.push({ buffer: resource, start: total, bytes });
    total += bytes;
  }
  if (total === 0) return [];
  const staging = library.bufferManager.acquireBuffer(total, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  library.ensureCommandEncoderReady();
  library.endComputePassEncoder();
  for (const { buffer, start, bytes } of places) library.commandEncoder.copyBufferToBuffer(buffer, 0, staging, start, bytes);
  library.submitQueue();
  await staging.mapAsync(GPUMapMode.READ);
  const all = staging.getMappedRange();
  const found = places.map(({ start, bytes }) => new Float32Array(all.slice(start, start + bytes)));
  staging.unmap();
  library.bufferManager.releaseBuffer(staging);
  return found;
}
