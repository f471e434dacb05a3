import { joinBytes } from '../../worker/formats/bytes.ts';
import { BitWriter, blockOf, codeAc, codeDc, HUFFMAN_TABLES, type PlaneSampler, QUANT_TABLE, ZIGZAG } from './jpegBlocks.ts';

export interface JpegComponent {
  readonly id: number;
  /** Sampling factors; the largest of all components is the full resolution. */
  readonly h: number;
  readonly v: number;
  /** The component's sample, 0 to 255, at a pixel of the picture. */
  readonly sample: PlaneSampler;
}

export interface JpegOptions {
  readonly width: number;
  readonly height: number;
  readonly components: readonly JpegComponent[];
  /** One scan of everything; a scan per component; or progressive in eight scans and more, the last bit of DC on its own. */
  readonly scans?: 'interleaved' | 'separate' | 'progressive';
  /** So many units lie between restart markers. */
  readonly restart?: number;
  /** Segments behind the start, as `segment` makes them. */
  readonly segments?: readonly Uint8Array[];
}

type Block = readonly number[];

/** A marker with its length and body. */
export function segment(marker: number, body: ArrayLike<number>): Uint8Array {
  const length = body.length + 2;
  return Uint8Array.from([0xff, marker, length >> 8, length & 0xff, ...Array.from(body)]);
}

const text = (value: string): number[] => Array.from(value, (character) => character.charCodeAt(0));

export const jfif = (major = 1): Uint8Array => segment(0xe0, [...text('JFIF\0'), major, 1, 0, 0, 1, 0, 1, 0, 0]);
export const adobe = (transform: number): Uint8Array => segment(0xee, [...text('Adobe'), 0, 100, 0, 0, 0, 0, transform]);

/** EXIF data with one entry, the orientation. */
export function exifData(orientation: number, order: 'II' | 'MM' = 'II'): Uint8Array {
  const view = new DataView(new ArrayBuffer(26));
  const little = order === 'II';
  [...text(order)].forEach((byte, i) => {
    view.setUint8(i, byte);
  });
  const shorts: readonly (readonly [at: number, value: number])[] = [
    [2, 42],
    [8, 1],
    [10, 0x0112],
    [12, 3],
    [18, orientation],
  ];
  for (const [at, value] of shorts) view.setUint16(at, value, little);
  view.setUint32(4, 8, little);
  view.setUint32(14, 1, little);
  return new Uint8Array(view.buffer);
}

export const exif = (orientation: number, order: 'II' | 'MM' = 'II'): Uint8Array =>
  segment(0xe1, [...text('Exif\0\0'), ...exifData(orientation, order)]);

/** A JPEG file of 8 bits; all coefficients are divided by the same small numbers. */
export function writeJpeg(options: JpegOptions): Uint8Array {
  const { width, height, components, scans = 'interleaved', restart = 0, segments = [] } = options;
  const frame = [8, height >> 8, height & 0xff, width >> 8, width & 0xff, components.length];
  for (const { id, h, v } of components) frame.push(id, h * 16 + v, 0);
  return joinBytes([
    Uint8Array.of(0xff, 0xd8),
    ...segments,
    segment(0xdb, [0, ...ZIGZAG.map((at) => QUANT_TABLE[at] ?? 1)]),
    segment(scans === 'progressive' ? 0xc2 : 0xc0, frame),
    segment(0xc4, HUFFMAN_TABLES),
    ...(restart > 0 ? [segment(0xdd, [restart >> 8, restart & 0xff])] : []),
    ...scansOf(options),
    Uint8Array.of(0xff, 0xd9),
  ]);
}

interface Scan {
  readonly components: readonly JpegComponent[];
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
}

function scansOf(options: JpegOptions): Uint8Array[] {
  const { components, scans } = options;
  const whole = { from: 0, to: 63, high: 0, low: 0 };
  if (scans === 'separate') return components.map((component) => writeScan(options, { components: [component], ...whole }));
  if (scans !== 'progressive') return [writeScan(options, { components, ...whole })];
  const ac = (from: number, to: number): Scan[] => components.map((component) => ({ components: [component], from, to, high: 0, low: 0 }));
  const dc = (high: number, low: number): Scan => ({ components, from: 0, to: 0, high, low });
  return [dc(0, 1), ...ac(1, 5), dc(1, 0), ...ac(6, 63)].map((scan) => writeScan(options, scan));
}

function writeScan(options: JpegOptions, scan: Scan): Uint8Array {
  const { width, height, restart = 0 } = options;
  const { components, from, to, high, low } = scan;
  const most = { h: Math.max(...options.components.map(({ h }) => h)), v: Math.max(...options.components.map(({ v }) => v)) };
  const bits = new BitWriter();
  const previous = new Map<JpegComponent, number>();
  let units = 0;
  const unit = (blocks: readonly (readonly [JpegComponent, number, number])[]): void => {
    if (restart > 0 && units > 0 && units % restart === 0) {
      bits.marker(0xd0 + ((units / restart - 1) % 8));
      previous.clear();
    }
    units++;
    for (const [component, column, row] of blocks) {
      const block: Block = blockOf(component.sample, {
        column,
        row,
        across: most.h / component.h,
        down: most.v / component.v,
        width,
        height,
      });
      if (from === 0) previous.set(component, codeDc(bits, block, previous.get(component) ?? 0, high, low));
      if (to > 0) codeAc(bits, block, Math.max(from, 1), to);
    }
  };
  const [only] = components;
  if (components.length === 1 && only !== undefined) {
    const columns = Math.ceil(Math.ceil((width * only.h) / most.h) / 8);
    const rows = Math.ceil(Math.ceil((height * only.v) / most.v) / 8);
    for (let i = 0; i < columns * rows; i++) unit([[only, i % columns, Math.floor(i / columns)]]);
  } else {
    const [columns, rows] = [Math.ceil(width / (8 * most.h)), Math.ceil(height / (8 * most.v))];
    for (let i = 0; i < columns * rows; i++) {
      const [x, y] = [i % columns, Math.floor(i / columns)];
      unit(
        components.flatMap((component) =>
          Array.from(
            { length: component.h * component.v },
            (_, k) => [component, x * component.h + (k % component.h), y * component.v + Math.floor(k / component.h)] as const,
          ),
        ),
      );
    }
  }
  const head = segment(0xda, [components.length, ...components.flatMap(({ id }) => [id, 0]), from, to, high * 16 + low]);
  return joinBytes([head, bits.finish()]);
}
