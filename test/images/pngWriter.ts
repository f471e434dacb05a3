import { zlibSync } from 'fflate';
import { joinBytes } from '../../worker/formats/bytes.ts';

/** Colour types by PNG's number, with their samples per pixel. */
const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 } as const;

export interface PngOptions {
  readonly width: number;
  readonly height: number;
  readonly colour: keyof typeof SAMPLES;
  readonly depth: 1 | 2 | 4 | 8 | 16;
  readonly interlaced?: boolean;
  /** A sample of a pixel: grey; red, green, blue; palette index; alpha last. Below 2^depth. */
  readonly sample: (x: number, y: number, channel: number) => number;
  /** Chunks before the image data, as [type, body]. */
  readonly chunks?: readonly (readonly [type: string, body: Uint8Array])[];
  /** Into how many chunks the image data is cut. */
  readonly parts?: number;
}

/** Adam7: first column and row of each pass, and the steps between its columns and rows. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** A PNG file; its rows take turns with the five filters. */
export function writePng(options: PngOptions): Uint8Array {
  const { width, height, colour, depth, interlaced = false, chunks = [], parts = 1 } = options;
  const passes = interlaced ? PASSES : [[0, 0, 1, 1] as const];
  const packed = zlibSync(joinBytes(passes.map((pass) => filteredRows(options, pass))));
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8);
  const size = Math.ceil(packed.length / parts);
  return joinBytes([
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10),
    pngChunk('IHDR', header),
    ...chunks.map(([type, body]) => pngChunk(type, body)),
    ...Array.from({ length: parts }, (_, i) => pngChunk('IDAT', packed.subarray(i * size, (i + 1) * size))),
    pngChunk('IEND', new Uint8Array(0)),
  ]);
}

/** A chunk: length, type, body, checksum of type and body. */
export function pngChunk(type: string, body: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(body.length + 12);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, body.length);
  chunk.set(new TextEncoder().encode(type), 4);
  chunk.set(body, 8);
  view.setUint32(body.length + 8, crc32(chunk.subarray(4, body.length + 8)));
  return chunk;
}

function filteredRows(options: PngOptions, [left, top, right, down]: (typeof PASSES)[number] | readonly [0, 0, 1, 1]): Uint8Array {
  const { width, height, colour, depth, sample } = options;
  const samples = SAMPLES[colour];
  const columns = Math.ceil((width - left) / right);
  if (columns <= 0) return new Uint8Array(0);
  const step = Math.max(1, (samples * depth) >> 3);
  let above: Uint8Array = new Uint8Array(Math.ceil((columns * samples * depth) / 8));
  const rows: Uint8Array[] = [];
  for (let y = top; y < height; y += down) {
    const values = Array.from({ length: columns * samples }, (_, i) => sample(left + Math.floor(i / samples) * right, y, i % samples));
    const row = packBits(values, depth);
    rows.push(filterRow(row, above, step, rows.length % 5));
    above = row;
  }
  return joinBytes(rows);
}

function packBits(values: readonly number[], depth: number): Uint8Array {
  const row = new Uint8Array(Math.ceil((values.length * depth) / 8));
  values.forEach((value, i) => {
    if (depth === 16) row.set([value >> 8, value & 0xff], 2 * i);
    else row[(i * depth) >> 3] = (row[(i * depth) >> 3] ?? 0) | (value << (8 - depth - ((i * depth) & 7)));
  });
  return row;
}

/** None, left, up, average, Paeth. */
function filterRow(row: Uint8Array, above: Uint8Array, step: number, filter: number): Uint8Array {
  const filtered = row.map((byte, i) => {
    const [a, b, c] = [row[i - step] ?? 0, above[i] ?? 0, above[i - step] ?? 0];
    const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
    const paeth = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    return byte - ([0, a, b, (a + b) >> 1, paeth][filter] ?? 0);
  });
  return joinBytes([Uint8Array.of(filter), filtered]);
}

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}
