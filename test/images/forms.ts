import { joinBytes } from '../../worker/formats/bytes.ts';
import { adobe, exif, type JpegComponent, type JpegOptions, jfif, segment, writeJpeg } from './jpegWriter.ts';
import { type PngOptions, writePng } from './pngWriter.ts';
import { PROGRESSIVE } from './progressive.ts';
import { fromBase64 } from './recordedImage.ts';

/** A picture that the tests draw and write themselves. */
export interface ImageForm {
  readonly name: string;
  readonly kind: 'jpeg' | 'png';
  readonly bytes: Uint8Array;
}

const [WIDTH, HEIGHT] = [19, 13];

/** Slopes and an edge, other ones in every channel. */
export function drawn(channel: number): (x: number, y: number) => number {
  return (x, y) => {
    const slope = [40 + 9 * x, 250 - 15 * y, 20 + 5 * x + 9 * y, 90 + 3 * x * (y % 3)][channel] ?? 0;
    return Math.min(255, Math.max(0, x + channel > y + 4 ? slope : 255 - slope));
  };
}

/** Components with their sampling factors, by ids 1, 2, 3 … */
function planes(factors: readonly (readonly [h: number, v: number])[], ids?: readonly number[]): JpegComponent[] {
  return factors.map(([h, v], i) => ({ id: ids?.[i] ?? i + 1, h, v, sample: drawn(i) }));
}

const one = [1, 1] as const;
const FULL = [one, one, one];
const FULL_AND_KEY = [one, one, one, one];
const jpeg = (components: readonly JpegComponent[], options: Partial<JpegOptions> = {}): Uint8Array =>
  writeJpeg({ width: WIDTH, height: HEIGHT, segments: [jfif()], components, ...options });

function jpegForms(): ReadonlyMap<string, Uint8Array> {
  const halves = planes([[2, 2], one, one]);
  const grey = planes([one]);
  const letters = Array.from('RGB', (letter) => letter.charCodeAt(0));
  const plain = jpeg(planes(FULL));
  const start = 2 + jfif().length;
  const behindStart = (...parts: Uint8Array[]): Uint8Array => joinBytes([plain.subarray(0, start), ...parts, plain.subarray(start)]);
  return new Map([
    ['4:4:4', plain],
    ['4:2:2', jpeg(planes([[2, 1], one, one]))],
    ['4:2:0', jpeg(halves)],
    ['4:4:0', jpeg(planes([[1, 2], one, one]))],
    ['4:1:1', jpeg(planes([[4, 1], one, one]))],
    ['4:1:0', jpeg(planes([[4, 2], one, one]))],
    ['chroma of two resolutions', jpeg(planes([[2, 2], [2, 1], one]))],
    ['colour of which one component is fine', jpeg(planes([one, [2, 2], one]))],
    ['grey', jpeg(grey)],
    ['grey with factors', jpeg(planes([[2, 2]]))],
    ['restart markers', jpeg(halves, { restart: 1 })],
    ['restart markers, grey', jpeg(grey, { restart: 2 })],
    ['a scan per component', jpeg(halves, { scans: 'separate' })],
    ['progressive', jpeg(halves, { scans: 'progressive' })],
    ['progressive, grey', jpeg(grey, { scans: 'progressive' })],
    ['progressive, restart markers', jpeg(planes(FULL), { scans: 'progressive', restart: 2 })],
    ['progressive, all coefficients bit by bit', fromBase64(PROGRESSIVE)],
    ['no markers', jpeg(planes(FULL), { segments: [] })],
    ['no markers, components 0 1 2', jpeg(planes(FULL, [0, 1, 2]), { segments: [] })],
    ['no markers, components R G B', jpeg(planes(FULL, letters), { segments: [] })],
    ['JFIF, components R G B', jpeg(planes(FULL, letters))],
    ['Adobe RGB', jpeg(planes(FULL), { segments: [adobe(0)] })],
    ['Adobe YCbCr', jpeg(planes(FULL), { segments: [adobe(1)] })],
    ['Adobe, unknown transform', jpeg(planes(FULL), { segments: [adobe(9)] })],
    ['JFIF and Adobe RGB', jpeg(planes(FULL), { segments: [jfif(), adobe(0)] })],
    ['CMYK', jpeg(planes(FULL_AND_KEY), { segments: [] })],
    ['CMYK, Adobe', jpeg(planes(FULL_AND_KEY), { segments: [adobe(0)] })],
    ['YCCK, Adobe', jpeg(planes(FULL_AND_KEY), { segments: [adobe(2)] })],
    ['YCCK, Adobe, unknown transform', jpeg(planes(FULL_AND_KEY), { segments: [adobe(7)] })],
    ['CMYK, progressive, chroma halved', jpeg(planes([[2, 2], one, one, [2, 2]]), { segments: [adobe(2)], scans: 'progressive' })],
    ['EXIF orientation 6', jpeg(planes(FULL), { segments: [exif(6)] })],
    ['JFIF 2', jpeg(planes(FULL), { segments: [jfif(2)] })],
    ['bytes between segments', behindStart(Uint8Array.of(0x12, 0x00, 0x34))],
    ['fill bytes', behindStart(Uint8Array.of(0xff, 0xff, 0xff), segment(0xfe, [1, 2, 3]))],
    ['bytes before the end', joinBytes([plain.subarray(0, -2), new Uint8Array(9), plain.subarray(-2)])],
    ['bytes behind the end', joinBytes([plain, new Uint8Array(9)])],
    ['a preview in a segment', behindStart(segment(0xe2, plain))],
  ]);
}

/** A palette of 2^depth colours, blue first. */
const palette = (depth: number): Uint8Array =>
  Uint8Array.from({ length: 3 * Math.min(200, 2 ** depth) }, (_, i) => (255 * (i % 3) + 37 * i) & 0xff);

function pngForms(): ReadonlyMap<string, Uint8Array> {
  const forms = new Map<string, Uint8Array>();
  const png = (options: Omit<PngOptions, 'width' | 'height' | 'sample'>, size: readonly [number, number] = [WIDTH, HEIGHT]): Uint8Array => {
    const { colour, depth } = options;
    const chunks = [...(options.chunks ?? []), ...(colour === 3 ? [['PLTE', palette(depth)] as const] : [])];
    const limit = colour === 3 ? Math.min(200, 2 ** depth) - 1 : 2 ** depth - 1;
    const sample = (x: number, y: number, channel: number): number => Math.round((drawn(channel)(x, y) / 255) * limit);
    return writePng({ ...options, width: size[0], height: size[1], chunks, sample });
  };
  const kinds = [
    ['grey', 0, [1, 2, 4, 8, 16]],
    ['colour', 2, [8, 16]],
    ['palette', 3, [1, 2, 4, 8]],
    ['grey and alpha', 4, [8, 16]],
    ['colour and alpha', 6, [8, 16]],
  ] as const;
  for (const [name, colour, depths] of kinds) {
    for (const depth of depths) {
      for (const interlaced of [false, true]) {
        forms.set(`${name}, ${depth} bits${interlaced ? ', interlaced' : ''}`, png({ colour, depth, interlaced }));
      }
    }
  }
  const grey = (depth: number): Uint8Array => Uint8Array.of(0, (2 ** depth - 1) >> 1);
  forms.set('one pixel', png({ colour: 2, depth: 8 }, [1, 1]));
  forms.set('three pixels, interlaced', png({ colour: 0, depth: 1, interlaced: true }, [3, 1]));
  forms.set('data in five parts', png({ colour: 2, depth: 8, parts: 5 }));
  forms.set('grey with a transparent shade', png({ colour: 0, depth: 4, chunks: [['tRNS', grey(4)]] }));
  forms.set('colour with a transparent one', png({ colour: 2, depth: 8, chunks: [['tRNS', Uint8Array.of(0, 40, 0, 250, 0, 20)]] }));
  forms.set('gamma 1', png({ colour: 2, depth: 8, chunks: [['gAMA', Uint8Array.of(0, 1, 0x86, 0xa0)]] }));
  forms.set('gamma 0.45455, grey of 16 bits', png({ colour: 0, depth: 16, chunks: [['gAMA', Uint8Array.of(0, 0, 0xb1, 0x8f)]] }));
  forms.set('five significant bits', png({ colour: 2, depth: 8, chunks: [['sBIT', Uint8Array.of(5, 6, 5)]] }));
  forms.set('a background', png({ colour: 6, depth: 8, chunks: [['bKGD', Uint8Array.of(0, 255, 0, 0, 0, 0)]] }));
  forms.set('a broken colour profile', png({ colour: 2, depth: 8, chunks: [['iCCP', Uint8Array.of(65, 0, 0, 1, 2, 3)]] }));
  forms.set('a private chunk', png({ colour: 2, depth: 8, chunks: [['zzZz', Uint8Array.of(1, 2, 3)]] }));
  return forms;
}

/** Every form of JPEG and PNG that is read, each as a file of its own. */
export function imageForms(): ImageForm[] {
  const named = (kind: ImageForm['kind'], forms: ReadonlyMap<string, Uint8Array>): ImageForm[] =>
    [...forms].map(([name, bytes]) => ({ name: `${kind === 'jpeg' ? 'JPEG' : 'PNG'}, ${name}`, kind, bytes }));
  return [...named('jpeg', jpegForms()), ...named('png', pngForms())];
}
