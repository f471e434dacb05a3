import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { type FileFormat, sniff } from '../../../worker/formats/sniff.ts';
import { lengthPrefix } from '../../../worker/formats/wire.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes, openGraph, openGraphFile } from '../../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../../shared.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** The typed error that opening these bytes ends in. */
function refusal(bytes: Uint8Array, name = 'some.pb'): GraffitistError {
  try {
    openGraph(bytes, name);
  } catch (error) {
    if (error instanceof GraffitistError) return error;
    throw error;
  }
  throw new Error('the file was opened');
}

const node = (name: string, inputs: string[] = []): GraphNode => GraphNode.make({ name, op: 'Identity', inputs });
const graphOf = (...nodes: GraphNode[]): Uint8Array => joinBytes(graphBytes(new Graph(nodes)));

describe('files that are no GraphDef', () => {
  const cases: readonly (readonly [FileFormat, Uint8Array, RegExp])[] = [
    ['png', ascii('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'), /a PNG image/],
    ['jpeg', ascii('\xff\xd8\xff\xe0\0\x10JFIF'), /a JPEG image/],
    ['gif', ascii('GIF89a'), /a GIF image/],
    ['webp', ascii('RIFF\x10\0\0\0WEBPVP8 '), /a WebP image/],
    ['bmp', ascii('BM\x36\x10\0\0\0\0\0\0\x36\0\0\0'), /a BMP image/],
    ['pdf', ascii('%PDF-1.7'), /a PDF/],
    ['zip', ascii('PK\x03\x04\x14\0\0\0'), /a zip archive/],
    ['gzip', ascii('\x1f\x8b\x08\0'), /a gzip archive/],
    ['hdf5', ascii('\x89HDF\r\n\x1a\n\0'), /an HDF5 file/],
    ['npy', ascii('\x93NUMPY\x01\0'), /a NumPy array/],
    ['tflite', ascii('\x1c\0\0\0TFL3'), /a TensorFlow Lite model/],
    ['onnx', ascii('\x08\x07\x12\x07pytorch\x1a\x031.9:\x05\x0a\x03abc'), /an ONNX model/],
    ['html', ascii('<!DOCTYPE html><html>'), /a web page/],
    ['json', ascii('{"nodes": []}'), /a JSON file/],
    ['pbtxt', ascii('node {\n  name: "input"\n'), /Line 3, column 1/],
    ['pbtxt', ascii('# exported\nversions { producer: 27 }'), /no node/],
    ['checkpoint-state', ascii('model_checkpoint_path: "a"\n'), /`checkpoint` text file/],
    ['empty', new Uint8Array(0), /empty/],
  ];
  it.each(cases)('%s is told and named', (format, bytes, text) => {
    expect(sniff(bytes)).toBe(format);
    const error = refusal(bytes, 'my.file');
    expect(error.message).toMatch(text);
    expect(error.about).toBe('my.file');
    expect(error.remedy).toBeDefined();
    expect(error.code).toBe(/^Line/.test(error.message) ? 'text-malformed' : 'file-not-graphdef');
  });

  it('100 MB of noise is refused, whatever its first bytes are', () => {
    const noise = new Uint8Array(100 * 2 ** 20);
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state >>> 24;
    };
    for (let i = 0; i < noise.length; i++) noise[i] = random();
    for (let start = 0; start < 2 ** 20; start += 4099) {
      const { code, message } = refusal(noise.subarray(start), 'noise.pb');
      expect(code).toBe('file-not-graphdef');
      expect(message).toMatch(/at byte \d+ of \d+/);
    }
  });

  it('a file that repeats one node is refused at the second', () => {
    const one = graphOf(node('a')).subarray(0, 15);
    const many = new Uint8Array(2 ** 22).map((_, i) => one[i % 15] ?? 0);
    expect(refusal(many).code).toBe('graph-duplicate-name');
  });

  it('a cut file says where it ends', () => {
    const whole = graphOf(node('first'), node('second', ['first']));
    const error = refusal(whole.subarray(0, whole.length - 10), 'cut.pb');
    expect(error.code).toBe('file-truncated');
    expect(error.message).toMatch(/at byte \d+ of \d+/);
  });

  it('names the byte at which a node cannot be read', () => {
    const first = graphOf(node('first')).subarray(0, 19);
    const bad = joinBytes([first, lengthPrefix(1, 3), Uint8Array.of(0x0a, 0x7f, 0x00)]);
    const error = refusal(bad);
    expect(error.code).toBe('file-not-graphdef');
    expect(error.message).toContain(`byte ${first.length + 2} of ${bad.length}`);
  });

  it('opens a good file and refuses a bad one by its ends alone', async () => {
    const good = graphOf(node('a'));
    expect((await openGraphFile({ name: 'a.pb', blob: new Blob([good as BlobPart]) })).graph.nodes).toHaveLength(1);
    await expect(openGraphFile({ name: 'a.png', blob: new Blob(['\u0089PNG']) })).rejects.toBeInstanceOf(GraffitistError);
  });
});

describeShared('real files that are no GraphDef', () => {
  it.each([
    ['nets/small_mobilenet_v2/small_mobilenet_v2.ckpt.index', 'checkpoint-index', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/checkpoint', 'checkpoint-state', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/calibration_set.npy', 'npy', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/ref_output.npz', 'zip', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/recipe1.pb.gz', 'gzip', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/cases.json', 'json', 'file-not-graphdef'],
    ['nets/small_mobilenet_v2/cal_recipe2_int8/expected_quantized_weights.h5', 'hdf5', 'file-not-graphdef'],
    ['imagenet_mobilenet/images/n01440764_tench.JPEG', 'jpeg', 'file-not-graphdef'],
  ])('%s is %s', (file, format, code) => {
    const bytes = new Uint8Array(readFileSync(shared('cases', file)));
    expect(sniff(bytes)).toBe(format);
    expect(refusal(bytes).code).toBe(code);
  });

  it("a graph with a node twice or an input from nowhere has the original's text", () => {
    const open = (name: string): GraffitistError => refusal(new Uint8Array(readFileSync(shared('cases/micro', name, 'in.pb'))));
    expect(open('bad_dup__plain')).toMatchObject({ code: 'graph-duplicate-name', message: "Duplicate node names detected for 'input'." });
    expect(open('bad_dangling__plain')).toMatchObject({
      code: 'graph-dangling-input',
      message: "Input node 'nowhere' of node 'net/c1/Relu' not found.",
    });
  });
});
