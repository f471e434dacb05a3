import { type BlockKernels, blockKernels } from './blockKernels.ts';

let kernels: BlockKernels | null | undefined;

/** The SIMD loops of this thread, made on first use; null where the platform has none. */
export function simd(): BlockKernels | null {
  kernels ??= kernels === null ? null : blockKernels();
  return kernels;
}
