import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { nodeDecoderSource } from '../../../../cli/decoderSource.ts';
import { GraffitistError } from '../../../../worker/errors.ts';
import { joinBytes } from '../../../../worker/formats/bytes.ts';
import { createImageDecoder } from '../../../../worker/formats/images/decoder.ts';
import { imageForms } from '../../../images/forms.ts';
import { type JpegOptions, segment, writeJpeg } from '../../../images/jpegWriter.ts';
import { decoder } from '../../../images/nodeDecoder.ts';
import { pngChunk, writePng } from '../../../images/pngWriter.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The error of a file that cannot be decoded, as one line. */
async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    const { width, height } = await decoder.decode(bytes, 'folder/a.jpg');
    return `decoded, ${width} × ${height}`;
  } catch (error) {
    if (!(error instanceof GraffitistError)) throw error;
    expect(error.code).toBe('image-unreadable');
    expect(error.about).toBe('folder/a.jpg');
    expect(error.remedy).not.toBe('');
    return error.message;
  }
}

const noise = (x: number, y: number): number => (x * 37 + y * 91 + ((x * y) % 7) * 30) % 256;
const plane = (id: number) => ({ id, h: 1, v: 1, sample: noise });
const jpeg = (options: Partial<JpegOptions> = {}): Uint8Array =>
  writeJpeg({ width: 64, height: 48, components: [plane(1), plane(2), plane(3)], ...options });
const png = writePng({ width: 64, height: 48, colour: 2, depth: 8, sample: noise });

/** Data in which a decoder loses its place. */
const misread = new Array<number>(40).fill(0x7f);

/** A file with some bytes replaced, from where a marker or text is found. */
function patched(file: Uint8Array, found: readonly number[], distance: number, values: readonly number[]): Uint8Array {
  const at = file.findIndex((_, i) => found.every((byte, k) => file[i + k] === byte));
  if (at < 0) throw new Error('What is to be replaced is not there.');
  const copy = file.slice();
  copy.set(values, at + distance);
  return copy;
}

describe('files that are no picture', () => {
  it.each([
    ['GIF89a', 'This is a GIF image.'],
    ['BM\x10\0\0\0\0\0\0\0', 'This is a BMP image.'],
    ['RIFF\x10\0\0\0WEBPVP8 ', 'This is a WebP image.'],
    ['II*\0\x08\0\0\0', 'This is a TIFF image.'],
    ['\0\0\0\x18ftypavif', 'This is an AVIF image.'],
    ['\0\0\0\x18ftypheic', 'This is a HEIC image.'],
    ['<html>', 'This is neither a JPEG nor a PNG image.'],
    ['', 'The file is empty.'],
  ])('IMG5: %j is refused by name', async (start, message) => {
    expect(await refusal(ascii(start))).toBe(message);
  });

  it('IMG5: bytes tell what a file is, whatever its name says', async () => {
    expect(await refusal(png)).toBe('decoded, 64 × 48');
    expect(await refusal(jpeg())).toBe('decoded, 64 × 48');
  });
});

describe('damaged files', () => {
  const whole = [
    ['baseline', jpeg()],
    ['progressive', jpeg({ scans: 'progressive' })],
    ['restart markers', jpeg({ restart: 3 })],
    ['PNG', png],
  ] as const;

  it.each(whole)('IMG6: %s cut off anywhere is never half a picture', async (_, file) => {
    expect(await refusal(file)).toBe('decoded, 64 × 48');
    for (let length = 9; length < file.length; length += 1 + Math.floor(file.length / 97)) {
      expect(await refusal(file.subarray(0, length))).toContain(`the file ends at byte ${length}, before the picture does`);
    }
  });

  it.each(whole.slice(0, 3))('IMG6: %s that is cut off and closed again is none either', async (_, file) => {
    const cut = joinBytes([file.subarray(0, Math.floor(file.length * 0.7)), Uint8Array.of(0xff, 0xd9)]);
    expect(await refusal(cut)).toMatch(/premature end of data segment|nothing in it describes|No picture/);
  });

  it('IMG6: restart markers out of order are a loss', async () => {
    expect(await refusal(patched(jpeg({ restart: 3 }), [0xff, 0xd1], 1, [0xd5]))).toContain('found marker 0xd5 instead of RST1');
  });

  it('IMG6: what is left of a picture that was misread is told from filling', async () => {
    expect(await refusal(patched(jpeg(), [0xff, 0xda], 200, misread))).toMatch(/libjpeg says “Corrupt JPEG data: \d+ extraneous bytes/);
    const file = jpeg();
    const filled = (value: number): Uint8Array => joinBytes([file.subarray(0, -2), new Uint8Array(50).fill(value), file.subarray(-2)]);
    expect(await refusal(filled(0))).toBe('decoded, 64 × 48');
    expect(await refusal(filled(0x20))).toBe('decoded, 64 × 48');
  });

  it('IMG6: a component that no scan describes', async () => {
    const file = jpeg({ scans: 'separate' });
    const third = file.lastIndexOf(0xda) - 1;
    expect(await refusal(joinBytes([file.subarray(0, third), Uint8Array.of(0xff, 0xd9)]))).toContain('describes component 3');
  });

  it.each([
    ['no picture', joinBytes([jpeg().subarray(0, 2), Uint8Array.of(0xff, 0xd9)]), 'there is no picture in it'],
    ['a second picture inside', joinBytes([jpeg().subarray(0, -2), jpeg()]), 'a second picture begins inside it'],
    ['a table missing', withoutQuantization(jpeg()), 'libjpeg says “Quantization table 0x00 was not defined”'],
    ['a segment of length 1', patched(jpeg(), [0xff, 0xdb], 2, [0, 1]), "a segment's length is wrong at byte"],
    ['12 bits', patched(jpeg(), [0xff, 0xc0], 4, [12]), 'it holds 12 bits per sample'],
    ['two components', jpeg({ components: [plane(1), plane(2)] }), 'it has 2 components'],
    ['lossless coding', patched(jpeg(), [0xff, 0xc0], 1, [0xc3]), 'its way of coding (lossless, hierarchical or arithmetic) is not read'],
    ['no columns', patched(jpeg(), [0xff, 0xc0], 7, [0, 0]), 'it says to be 0 × 48 pixels large'],
    ['501 scans', manyScans(501), 'it has more than 500 scans'],
  ])('IMG6: JPEG with %s', async (_, file, message) => {
    expect(await refusal(file)).toContain(message);
  });

  it('IMG6: 500 scans are still read', async () => {
    expect(await refusal(manyScans(500))).toBe('decoded, 64 × 48');
  });

  it.each([
    ['a wrong checksum of its header', patched(png, [...ascii('IHDR')], 17, [0, 0, 0, 0]), 'the checksum of a chunk is wrong'],
    ['a damaged byte', patched(png, [...ascii('IDAT')], 90, [0, 1, 2, 3]), 'the checksum of a chunk is wrong'],
    ['data that is not packed', withData(ascii('this is not deflated data')), 'its data is damaged'],
    ['too few rows', withData(zlibSync(new Uint8Array(500))), 'its data is damaged'],
    ['no data', withData(), 'there is no picture in it'],
    ['an unknown colour type', withHeader([8, 5]), 'its colour type is unknown'],
    ['an unknown depth', withHeader([3, 2]), 'its bit depth is unknown'],
    ['no header', joinBytes([png.subarray(0, 8), png.subarray(33)]), 'its header is missing'],
    ['a critical chunk of an unknown kind', withChunk('ZZzZ'), 'it holds a chunk of an unknown kind at byte 33'],
  ])('IMG6: PNG with %s', async (_, file, message) => {
    expect(await refusal(file)).toContain(message);
  });

  it('IMG8: what failed does not spoil the next picture', async () => {
    const forms = imageForms();
    const broken = [
      patched(jpeg(), [0xff, 0xda], 200, new Array<number>(40).fill(0x7f)),
      withData(new Uint8Array(9)),
      jpeg().subarray(0, 99),
    ];
    const before = await Promise.all(forms.map(({ bytes, name }) => decoder.decode(bytes, name)));
    for (const [i, { bytes, name }] of forms.entries()) {
      expect(await refusal(broken[i % broken.length] ?? png)).toContain('cannot be read');
      expect(await decoder.decode(bytes, name)).toEqual(before[i]);
    }
  });
});

describe('the decoder itself', () => {
  const { jpeg: whole } = nodeDecoderSource();

  it.each([
    ['no WebAssembly', Uint8Array.of(1, 2, 3), /^The image decoder cannot be loaded: WebAssembly\.compile/],
    ['not there', 'data:application/wasm;base64,', /^The image decoder cannot be loaded: /],
  ])('IMG8: a library that is %s is an error that blames no picture', async (_, png, message) => {
    await expect(createImageDecoder({ jpeg: whole, png })).rejects.toMatchObject({
      code: 'internal',
      about: undefined,
      message: expect.stringMatching(message),
    });
  });
});

describe('files that say to be large', () => {
  it('IMG7: beyond 178 megapixels nothing is decoded', async () => {
    expect(await refusal(patched(jpeg(), [0xff, 0xc0], 5, [0xff, 0xff, 0xff, 0xff]))).toContain('65535 × 65535 are more than');
    expect(await refusal(withHeader([8, 2], [1 << 20, 1 << 20]))).toContain('1048576 × 1048576 are more than');
  });

  it('IMG7: a few bytes that claim many megapixels are no picture', async () => {
    const file = jpeg();
    expect(await refusal(patched(file, [0xff, 0xc0], 5, [0x27, 0x10, 0x27, 0x10]))).toContain(
      `${file.length} bytes are too few for 10000 × 10000 pixels`,
    );
    expect(await refusal(withHeader([8, 2], [10000, 10000]))).toContain('bytes are too few for 10000 × 10000 pixels');
  });

  it('IMG7: 24 megapixels are decoded, and the next picture has fresh memory', async () => {
    const rows = zlibSync(new Uint8Array(4000 * (1 + 750)).fill(0));
    const large = withHeader([1, 0], [6000, 4000], rows);
    const { width, height, pixels } = await decoder.decode(large, 'large');
    expect([width, height, pixels.length]).toEqual([6000, 4000, 72_000_000]);
    expect(await refusal(png)).toBe('decoded, 64 × 48');
  });
});

/** A file without its quantization table, which the encoder writes first. */
function withoutQuantization(file: Uint8Array): Uint8Array {
  const length = (file[4] ?? 0) * 256 + (file[5] ?? 0);
  return joinBytes([file.subarray(0, 2), file.subarray(4 + length)]);
}

/** A progressive file whose last scan, in which nothing changes, is repeated. */
function manyScans(count: number): Uint8Array {
  const file = jpeg({ scans: 'progressive' });
  // Scans that the encoder makes: 2 of the first coefficients, 3 × 2 of the others.
  const empty = joinBytes([segment(0xda, [1, 1, 0, 63, 63, 0]), joinBytes(Array.from({ length: 54 }, () => Uint8Array.of(0)))]);
  return joinBytes([file.subarray(0, -2), ...Array.from({ length: count - 8 }, () => empty), Uint8Array.of(0xff, 0xd9)]);
}

function withData(...data: Uint8Array[]): Uint8Array {
  return joinBytes([png.subarray(0, 33), ...data.map((body) => pngChunk('IDAT', body)), pngChunk('IEND', new Uint8Array(0))]);
}

function withChunk(type: string): Uint8Array {
  return joinBytes([png.subarray(0, 33), pngChunk(type, Uint8Array.of(1)), png.subarray(33)]);
}

function withHeader([depth, colour]: readonly [number, number], size: readonly [number, number] = [64, 48], data?: Uint8Array): Uint8Array {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, size[0]);
  new DataView(header.buffer).setUint32(4, size[1]);
  header.set([depth, colour], 8);
  const rest = data === undefined ? png.subarray(33) : joinBytes([pngChunk('IDAT', data), pngChunk('IEND', new Uint8Array(0))]);
  return joinBytes([png.subarray(0, 8), pngChunk('IHDR', header), rest]);
}
