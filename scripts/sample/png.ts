import { zlibSync } from 'fflate';
import { joinBytes } from '../../worker/formats/bytes.ts';
import { crc32 } from '../../worker/formats/crc32.ts';

const SIGNATURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Of the filters of PNG those that predict from neighbours: none, left, above, Paeth's. */
const FILTERS = [0, 1, 2, 4] as const;
type Filter = (typeof FILTERS)[number];
const CHANNELS = 3;

/** A picture of red, green, blue bytes, row after row, as PNG (ISO 15948): 8 bits, every row by the filter that packs the picture best. */
export function writePng(pixels: Uint8Array, width: number, height: number): Uint8Array {
  const packed = FILTERS.map((filter) => zlibSync(filtered(pixels, width, height, filter), { level: 9 }));
  const data = packed.reduce((best, other) => (other.length < best.length ? other : best));
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  // 8 bits, true colour; deflate, the five filters, not interlaced.
  head.setUint8(8, 8);
  head.setUint8(9, 2);
  return joinBytes([SIGNATURE, chunk('IHDR', new Uint8Array(head.buffer)), chunk('IDAT', data), chunk('IEND', new Uint8Array(0))]);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = joinBytes([new TextEncoder().encode(type), data]);
  const bytes = new Uint8Array(body.length + 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(body, 4);
  view.setUint32(bytes.length - 4, crc32(body));
  return bytes;
}

function filtered(pixels: Uint8Array, width: number, height: number, filter: Filter): Uint8Array {
  const stride = width * CHANNELS;
  const rows = new Uint8Array(height * (stride + 1));
  const at = (x: number, y: number): number => (x < 0 || y < 0 ? 0 : (pixels[y * stride + x] ?? 0));
  for (let y = 0; y < height; y++) {
    rows[y * (stride + 1)] = filter;
    for (let x = 0; x < stride; x++) {
      const predicted = prediction(filter, at(x - CHANNELS, y), at(x, y - 1), at(x - CHANNELS, y - 1));
      rows[y * (stride + 1) + 1 + x] = at(x, y) - predicted;
    }
  }
  return rows;
}

function prediction(filter: Filter, left: number, above: number, corner: number): number {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return above;
  const estimate = left + above - corner;
  const [toLeft, toAbove, toCorner] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - corner)];
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
