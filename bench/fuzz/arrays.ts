import { zipSync } from 'fflate';
import { joinBytes } from '../../worker/formats/bytes.ts';
import { writeNpy } from '../../worker/formats/npy.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';

const values = Array.from({ length: 24 }, (_, i) => i - 7);

/** An array whose header says `type`, in the order and of the shape that the words say. */
function array(type: string, size: number, fortran = 'False', shape = '(2, 3, 4)'): Uint8Array {
  const header = `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117, ' ');
  const start = Uint8Array.from([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, 118, 0, ...new TextEncoder().encode(`${header}\n`)]);
  return joinBytes([start, new Uint8Array(24 * size).map((_, i) => i * 37)]);
}

/** Small intact .npy files: our own, and what numpy writes in other types and orders. */
export const arrays: readonly Uint8Array[] = [
  writeNpy(makeTensor('float32', [2, 3, 4], values)),
  writeNpy(makeTensor('float64', [24], values)),
  array('<f4', 4, 'True'),
  array('>f8', 8),
  array('<f2', 2),
  array('|u1', 1, 'False', '(24,)'),
  array('|b1', 1),
  array('<i8', 8, 'False', '()'),
];

/** NumPy archives, stored as `savez` and packed as `savez_compressed` writes them. */
export const archives: readonly Uint8Array[] = ([0, 6] as const).map((level) =>
  zipSync({ 'left.npy': arrays[0] as Uint8Array, 'right.npy': arrays[1] as Uint8Array }, { level }),
);
