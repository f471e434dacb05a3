import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { readNpy } from '../worker/formats/npy.ts';
import type { Tensor } from '../worker/formats/tensor.ts';

/** The arrays of a .npz file by name. */
export function readNpz(path: string): Map<string, Tensor> {
  return new Map(Object.entries(unzipSync(readFileSync(path))).map(([name, bytes]) => [name.replace(/\.npy$/, ''), readNpy(bytes, name)]));
}
