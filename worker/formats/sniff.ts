import { GraffitistError } from '../errors.ts';
import { crc32c, maskCrc } from './crc32c.ts';
import { LENGTH, readVarint, utf8, VARINT } from './wire.ts';

/** What a file is, told by its bytes. `graphdef` means: it starts like one. */
export type FileFormat =
  | 'graphdef'
  | 'metagraph'
  | 'savedmodel'
  | 'pbtxt'
  | 'checkpoint-index'
  | 'checkpoint-state'
  | 'npy'
  | 'tfrecord'
  | 'onnx'
  | 'tflite'
  | 'hdf5'
  | 'zip'
  | 'gzip'
  | 'png'
  | 'jpeg'
  | 'gif'
  | 'bmp'
  | 'webp'
  | 'pdf'
  | 'html'
  | 'json'
  | 'empty'
  | 'unknown';

/** How much of a file's beginning tells what it is, and how much of its end. */
export const HEAD_BYTES = 4096;
export const TAIL_BYTES = 48;

const MAGIC: readonly (readonly [format: FileFormat, at: number, bytes: string])[] = [
  ['png', 0, '\x89PNG\r\n'],
  ['jpeg', 0, '\xff\xd8\xff'],
  ['gif', 0, 'GIF8'],
  ['webp', 8, 'WEBP'],
  ['pdf', 0, '%PDF-'],
  ['zip', 0, 'PK\x03\x04'],
  ['zip', 0, 'PK\x05\x06'],
  ['gzip', 0, '\x1f\x8b\x08'],
  ['hdf5', 0, '\x89HDF\r\n\x1a\n'],
  ['npy', 0, '\x93NUMPY'],
  ['tflite', 4, 'TFL3'],
];

/** The last eight bytes of a table file. */
const TABLE_MAGIC = '\x57\xfb\x80\x8b\x24\x75\x47\xdb';

const TEXT: readonly (readonly [format: FileFormat, pattern: RegExp])[] = [
  ['checkpoint-state', /^\s*(all_)?model_checkpoint_paths?\s*:/],
  [
    'pbtxt',
    /^\s*(#[^\n]*\n\s*)*(node|versions?|library|graph_def|meta_info_def|saver_def|collection_def|signature_def|asset_file_def|meta_graphs|saved_model_schema_version)\s*[:{<[#]/,
  ],
  ['html', /^\s*<(!doctype|html|\?xml)/i],
  ['json', /^\s*[{[]\s*(["}\]{[]|$)/],
];

/** Tells what a file is from all its bytes, or from its first HEAD_BYTES and its last TAIL_BYTES. */
export function sniff(head: Uint8Array, tail: Uint8Array = head): FileFormat {
  if (head.length === 0) return 'empty';
  const start = head.subarray(0, HEAD_BYTES);
  for (const [format, at, magic] of MAGIC) if (has(start, at, magic)) return format;
  if (tail.length >= TAIL_BYTES && has(tail, tail.length - TABLE_MAGIC.length, TABLE_MAGIC)) return 'checkpoint-index';
  if (isTfRecord(start)) return 'tfrecord';
  const message = messageFormat(start);
  if (message !== 'unknown') return message;
  const text = latin1(start);
  for (const [format, pattern] of TEXT) if (pattern.test(text)) return format;
  return has(start, 0, 'BM') && start[6] === 0 && start[7] === 0 ? 'bmp' : 'unknown';
}

/** `sniff` of a file, of which only both ends are read. */
export async function sniffFile(blob: Blob): Promise<FileFormat> {
  const [head, tail] = await Promise.all([
    blob.slice(0, HEAD_BYTES).arrayBuffer(),
    blob.slice(Math.max(0, blob.size - TAIL_BYTES)).arrayBuffer(),
  ]);
  return sniff(new Uint8Array(head), new Uint8Array(tail));
}

const EXPORT = 'Export the TensorFlow graph that it was made from as a frozen or unfrozen .pb.';

/** Files that hold a graph, or may. */
type GraphFormat = 'graphdef' | 'metagraph' | 'savedmodel' | 'pbtxt' | 'unknown';
type OtherFormat = Exclude<FileFormat, GraphFormat>;

/** For formats that are no GraphDef: what to call them and what to do. */
const DESCRIPTIONS: Readonly<Record<OtherFormat, readonly [what: string, remedy: string]>> = {
  'checkpoint-index': ['the index of a TensorFlow checkpoint', 'Open the graph together with it: a checkpoint holds variables only.'],
  'checkpoint-state': ["TensorFlow's `checkpoint` text file", 'Open the graph together with it and with the checkpoint that it names.'],
  npy: ['a NumPy array (.npy)', 'Open the graph; an array is its calibration data.'],
  tfrecord: ['a TFRecord file', 'Open the graph; records are data.'],
  onnx: ['an ONNX model', EXPORT],
  tflite: ['a TensorFlow Lite model', EXPORT],
  hdf5: ['an HDF5 file (as Keras writes)', EXPORT],
  zip: ['a zip archive (as Keras, PyTorch and NumPy write too)', 'Unpack it and open the .pb in it.'],
  gzip: ['a gzip archive', 'Unpack it and open the .pb in it.'],
  png: ['a PNG image', 'Open a TensorFlow graph (.pb).'],
  jpeg: ['a JPEG image', 'Open a TensorFlow graph (.pb).'],
  gif: ['a GIF image', 'Open a TensorFlow graph (.pb).'],
  bmp: ['a BMP image', 'Open a TensorFlow graph (.pb).'],
  webp: ['a WebP image', 'Open a TensorFlow graph (.pb).'],
  pdf: ['a PDF document', 'Open a TensorFlow graph (.pb).'],
  html: ['a web page', 'A download may have given its error page: download the graph again.'],
  json: ['a JSON file', 'Open a TensorFlow graph (.pb).'],
  empty: ['empty', 'Copy or download it again.'],
};

/** Whether a file may be opened as a graph. */
export function isGraphFormat(format: FileFormat): format is GraphFormat {
  return !Object.hasOwn(DESCRIPTIONS, format);
}

/** The error for a file that was opened as a graph and is something else. */
export function describeFormat(format: OtherFormat, fileName: string): GraffitistError {
  const [what, remedy] = DESCRIPTIONS[format];
  const details = { about: fileName, remedy };
  if (format === 'empty') return new GraffitistError('file-not-graphdef', 'The file is empty.', details);
  return new GraffitistError('file-not-graphdef', `This is ${what}, not a TensorFlow GraphDef.`, details);
}

function has(bytes: Uint8Array, at: number, magic: string): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}

/** Whether a TFRecord file begins like this: a record starts with its length and the checksum of that. */
export function isTfRecord(start: Uint8Array): boolean {
  if (start.length < 12) return false;
  const stored = new DataView(start.buffer, start.byteOffset).getUint32(8, true);
  return maskCrc(crc32c(start.subarray(0, 8))) === stored;
}

interface Field {
  readonly number: number;
  readonly wireType: number;
  /** What of the value there is; a VARINT's is in `value`. */
  readonly body: Uint8Array;
  readonly value: number;
  readonly next: number;
}

/** The field at an offset, whose value may go on beyond what was read. */
function peek(bytes: Uint8Array, at: number): Field | undefined {
  try {
    const tag = readVarint(bytes, at, bytes.length);
    const { value, next } = readVarint(bytes, tag.next, bytes.length);
    const [number, wireType] = [Math.floor(tag.value / 8), tag.value % 8];
    if (wireType === VARINT) return { number, wireType, body: bytes.subarray(next, next), value, next };
    return { number, wireType, body: bytes.subarray(next, next + value), value, next: next + value };
  } catch {
    return undefined;
  }
}

/** Which message with the usual first fields this is. */
function messageFormat(start: Uint8Array): FileFormat {
  const first = peek(start, 0);
  if (first === undefined) return 'unknown';
  const second = peek(start, first.next);
  if (first.number === 1 && first.wireType === VARINT) return versionedFormat(first, second);
  if (first.number === 1 && first.wireType === LENGTH)
    return isNode(first.body) ? 'graphdef' : isMetaInfo(first.body) ? 'metagraph' : 'unknown';
  // A MetaGraph without its info: the graph comes first.
  if (first.number === 2 && first.wireType === LENGTH) {
    const inner = peek(first.body, 0);
    return inner?.number === 1 && inner.wireType === LENGTH && isNode(inner.body) ? 'metagraph' : 'unknown';
  }
  return 'unknown';
}

/** SavedModel and ONNX start with a small version number. */
function versionedFormat(first: Field, second: Field | undefined): FileFormat {
  if (first.value > 100 || second === undefined || second.wireType !== LENGTH) return 'unknown';
  if (second.number === 2 && first.value === 1) {
    const inner = peek(second.body, 0);
    if (inner !== undefined && inner.wireType === LENGTH && (inner.number === 2 || isMetaInfo(inner.body))) return 'savedmodel';
  }
  return second.number === 7 || second.number === 8 || (second.number <= 5 && utf8(second.body) !== undefined) ? 'onnx' : 'unknown';
}

/** A NodeDef starts with its name and its op. */
function isNode(body: Uint8Array): boolean {
  const name = peek(body, 0);
  if (name === undefined || name.number !== 1 || name.wireType !== LENGTH || !isPrintable(name.body)) return false;
  const op = peek(body, name.next);
  return op !== undefined && op.number === 2 && op.wireType === LENGTH && isPrintable(op.body);
}

/** A MetaInfoDef holds a list of op definitions, tags or TensorFlow's version. */
function isMetaInfo(body: Uint8Array): boolean {
  const first = peek(body, 0);
  if (first === undefined || first.wireType !== LENGTH) return false;
  const field = first.number === 1 ? peek(body, first.next) : first;
  if (field === undefined || field.wireType !== LENGTH) return false;
  if (field.number === 2) return peek(field.body, 0)?.number === 1 && !isPrintable(field.body);
  return (field.number === 4 || field.number === 5 || field.number === 6) && isPrintable(field.body);
}

function isPrintable(body: Uint8Array): boolean {
  return body.length > 0 && body.every((byte) => byte > 0x20 && byte < 0x7f);
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}
