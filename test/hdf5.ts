import { Dataset, File, ready } from 'h5wasm';

/** Every dataset of an HDF5 file by its path: element type, shape and numbers. */
export async function readHdf5(
  bytes: Uint8Array,
): Promise<ReadonlyMap<string, { dtype: unknown; shape: readonly number[]; values: number[] }>> {
  const { FS } = await ready;
  const name = 'read.h5';
  FS.writeFile(name, bytes);
  const file = new File(name, 'r');
  try {
    const datasets = file.paths().map((path) => [path, file.get(path)] as const);
    return new Map(
      datasets.flatMap(([path, entity]) => {
        if (!(entity instanceof Dataset)) return [];
        const { dtype, shape, value } = entity;
        const values = ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : [Number(value)];
        return [[path, { dtype, shape: shape ?? [], values }] as const];
      }),
    );
  } finally {
    file.close();
    FS.unlink(name);
  }
}
