import { GraffitistError } from '../errors.ts';
import { dtypeSize, elementCount } from './dtype.ts';
import type { DType, Tensor } from './tensor.ts';

/** Element types by NumPy's kind and size. */
const KINDS: Readonly<Record<string, DType>> = {
  f2: 'float16',
  f4: 'float32',
  f8: 'float64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  b1: 'bool',
};

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** A header is a short dictionary; what claims to be longer is none. */
const LONGEST_HEADER = 65536;
const HEADER_READ = 1024;

interface Layout {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bigEndian: boolean;
  readonly fortranOrder: boolean;
  /** Where the elements start. */
  readonly start: number;
}

/** An array file of which rows (entries of the first dimension) are read as they are needed. */
export interface NpyFile {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Rows `from` to `from + count`, as a tensor of shape [count, …]. @throws GraffitistError `npy-malformed` */
  rows(from: number, count: number): Promise<Tensor>;
  /** All elements, little-endian in row-major order: a slice of the file where they are stored so. */
  elements(): Promise<Blob>;
}

/**
 * Reads a `.npy` array, versions 1 to 3. Big-endian elements and Fortran order are brought into our order (a copy); all else is a
 * view on `bytes`.
 *
 * @throws GraffitistError `npy-malformed`, naming the file
 */
export function readNpy(bytes: Uint8Array, fileName: string): Tensor {
  const layout = readLayout(bytes, bytes.length, fileName);
  const size = elementCount(layout.shape) * dtypeSize(layout.dtype);
  return inOrder(layout, layout.shape, bytes.subarray(layout.start, layout.start + size));
}

/** Element type and shape by the beginning of a `.npy` file. @throws GraffitistError `npy-malformed`, naming the file */
export function npyHeader(head: Uint8Array, fileName: string): Pick<NpyFile, 'dtype' | 'shape'> {
  const { dtype, shape } = readLayout(head, Number.POSITIVE_INFINITY, fileName);
  return { dtype, shape };
}

/** Opens a `.npy` file without reading its elements. @throws GraffitistError `npy-malformed`, naming the file */
export async function openNpy(file: { readonly name: string; readonly blob: Blob }): Promise<NpyFile> {
  const { blob, name } = file;
  const headerBytes = headerLength(await bytesOf(blob, 0, HEADER_READ), blob.size, name);
  const layout = readLayout(await bytesOf(blob, 0, headerBytes), blob.size, name);
  const { dtype, shape, start } = layout;
  if (layout.fortranOrder) {
    const size = elementCount(shape) * dtypeSize(dtype);
    const whole = inOrder(layout, shape, await bytesOf(blob, start, start + size));
    return {
      dtype,
      shape,
      rows: async (from, count) => rowsOf(whole, from, count, name),
      elements: async () => new Blob([whole.bytes as BlobPart]),
    };
  }
  return {
    dtype,
    shape,
    rows: async (from, count) => {
      checkRows(shape, from, count, name);
      const row = elementCount(shape.slice(1)) * dtypeSize(dtype);
      return inOrder(layout, [count, ...shape.slice(1)], await bytesOf(blob, start + from * row, start + (from + count) * row));
    },
    elements: async () => {
      const stored = blob.slice(start, start + elementCount(shape) * dtypeSize(dtype));
      if (!layout.bigEndian || dtypeSize(dtype) === 1) return stored;
      return new Blob([inOrder(layout, shape, await bytesOf(stored, 0, stored.size)).bytes as BlobPart]);
    },
  };
}

/**
 * A `.npy` file (version 1.0) of a tensor, as `numpy.load` reads it.
 *
 * @throws GraffitistError `npy-malformed` for element types that NumPy has not
 */
export function writeNpy(tensor: Tensor): Uint8Array {
  const kind = Object.keys(KINDS).find((key) => KINDS[key] === tensor.dtype);
  if (kind === undefined) throw new GraffitistError('npy-malformed', `NumPy has no element type for ${tensor.dtype}.`);
  const order = dtypeSize(tensor.dtype) === 1 ? '|' : '<';
  const sizes = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(', ');
  const header = `{'descr': '${order}${kind}', 'fortran_order': False, 'shape': (${sizes}), }`;
  // Magic, version and length take ten bytes; elements start at a multiple of 64.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const text = `${header.padEnd(length - 1)}\n`;
  const bytes = new Uint8Array(10 + length + tensor.bytes.length);
  bytes.set([...MAGIC, 1, 0, length & 0xff, length >> 8]);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes.set(tensor.bytes, 10 + length);
  return bytes;
}

async function bytesOf(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

function rowsOf(tensor: Tensor, from: number, count: number, fileName: string): Tensor {
  checkRows(tensor.shape, from, count, fileName);
  const row = elementCount(tensor.shape.slice(1)) * dtypeSize(tensor.dtype);
  return {
    dtype: tensor.dtype,
    shape: [count, ...tensor.shape.slice(1)],
    bytes: tensor.bytes.subarray(from * row, (from + count) * row),
  };
}

function checkRows(shape: readonly number[], from: number, count: number, fileName: string): void {
  const all = shape[0];
  if (all === undefined) throw malformed(fileName, 'the array is a single number and has no rows');
  if (from < 0 || count < 0 || from + count > all)
    throw malformed(fileName, `rows ${from} to ${from + count} were asked for and there are ${all}`);
}

/** Bytes up to the elements. */
function headerLength(bytes: Uint8Array, fileSize: number, fileName: string): number {
  if (MAGIC.some((byte, i) => bytes[i] !== byte)) throw malformed(fileName, 'it does not start as one');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw malformed(fileName, `its version is ${version}, and 1 to 3 are known`);
  const prefix = version === 1 ? 10 : 12;
  if (bytes.length < prefix) throw malformed(fileName, `it ends after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_HEADER) throw malformed(fileName, `its header would have ${length} bytes`);
  if (prefix + length > fileSize) throw malformed(fileName, `it ends after ${fileSize} bytes, in its header of ${prefix + length}`);
  return prefix + length;
}

function readLayout(bytes: Uint8Array, fileSize: number, fileName: string): Layout {
  const start = headerLength(bytes, fileSize, fileName);
  const header = new TextDecoder().decode(bytes.subarray(bytes[6] === 1 ? 10 : 12, start));
  const descr = /'descr'\s*:\s*'([<>=|]?)([a-zA-Z]\d*)'/.exec(header);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header);
  const sizes = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(header);
  if (descr === null) {
    throw malformed(fileName, /'descr'\s*:\s*\[/.test(header) ? 'its elements are records, not numbers' : 'its header has no element type');
  }
  if (order === null || sizes === null) throw malformed(fileName, `its header has no ${order === null ? 'order' : 'shape'}`);
  const [, endian = '', kind = ''] = descr;
  const dtype = KINDS[kind];
  if (dtype === undefined) throw malformed(fileName, `elements of type '${endian}${kind}' cannot be read`);
  const shape = (sizes[1] ?? '')
    .split(',')
    .map((size) => size.trim().replace(/L$/, ''))
    .filter((size) => size !== '')
    .map(Number);
  const size = elementCount(shape) * dtypeSize(dtype);
  if (!Number.isSafeInteger(size) || start + size > fileSize) {
    throw malformed(fileName, `its shape (${shape.join(', ')}) needs ${start + size} bytes and the file has ${fileSize}`);
  }
  return { dtype, shape, bigEndian: endian === '>', fortranOrder: order[1] === 'True', start };
}

function inOrder(layout: Layout, shape: readonly number[], bytes: Uint8Array): Tensor {
  const { dtype, bigEndian, fortranOrder } = layout;
  const size = dtypeSize(dtype);
  if (!(bigEndian && size > 1) && !(fortranOrder && shape.length > 1)) return { dtype, shape, bytes };
  const result = new Uint8Array(bytes.length);
  const count = elementCount(shape);
  const strides = fortranOrder ? fortranStrides(shape) : undefined;
  const index = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let i = 0; i < count; i++) {
    for (let b = 0; b < size; b++) result[i * size + b] = bytes[source * size + (bigEndian ? size - 1 - b : b)] ?? 0;
    source = strides === undefined ? i + 1 : step(index, shape, strides, source);
  }
  return { dtype, shape, bytes: result };
}

/** In Fortran order the first index runs fastest. */
function fortranStrides(shape: readonly number[]): readonly number[] {
  let stride = 1;
  return shape.map((size) => {
    const own = stride;
    stride *= size;
    return own;
  });
}

/** Counts `index` up in row-major order; gives the place of that element in the file. */
function step(index: number[], shape: readonly number[], strides: readonly number[], source: number): number {
  let place = source;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next = (index[axis] ?? 0) + 1;
    const stride = strides[axis] ?? 0;
    if (next < (shape[axis] ?? 0)) {
      index[axis] = next;
      return place + stride;
    }
    index[axis] = 0;
    place -= stride * (next - 1);
  }
  return place;
}

function malformed(fileName: string, why: string): GraffitistError {
  return new GraffitistError('npy-malformed', `This .npy array cannot be read: ${why}.`, {
    about: fileName,
    remedy: 'Save it again with numpy.save, as float32, float64 or uint8.',
  });
}
