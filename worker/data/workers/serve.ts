/** A decode worker: reads pictures, records and rows, and makes of them what a network takes. Its thin entries differ only in where port and decoder come from. */
import { type CallContext, cancelled, type Handlers, serveCalls, Transferred } from '../../compute/channel.ts';
import type { ComputePort } from '../../compute/port.ts';
import { errorInfo, GraffitistError } from '../../errors.ts';
import type { ImageDecoder } from '../../formats/images/image.ts';
import { sha256 } from '../../formats/sha256.ts';
import type { LeftOut } from '../../protocol.ts';
import { type PreparedRule, prepareRule } from '../imageRule.ts';
import { preprocess } from '../preprocess.ts';
import type { DataCalls, ReadRequest, ReadResult } from './messages.ts';
import { encodedImages, ImageReader, type OneImage } from './read.ts';
import { thumbnailOf } from './thumbnail.ts';

/** Answers calls on `port` until the returned function is called. `decoder` is made when the first picture is read. */
export function serveData(port: ComputePort, decoder: () => Promise<ImageDecoder>): () => void {
  const reader = new ImageReader(decoder);
  const handlers: Handlers<DataCalls> = {
    async read(args, call) {
      const result = await read(args, reader, call);
      return new Transferred(result, [result.values.buffer, result.labels.buffer, result.places.buffer]);
    },
    async thumbnail({ stored, name, records, size }) {
      for await (const image of reader.images([stored], [name], records)) {
        if ('error' in image) throw image.error;
        const picture = { ...thumbnailOf(image.pixels(), size), label: image.label };
        return new Transferred(picture, [picture.pixels.buffer]);
      }
      throw new GraffitistError('internal', 'There was no image to show.');
    },
    async hashes({ stored, names }, call) {
      const hashes: string[] = [];
      for await (const bytes of encodedImages(stored, names)) {
        if (call.cancelled) throw cancelled();
        hashes.push(await sha256(bytes));
      }
      return hashes;
    },
    async labels({ stored, names, records }, call) {
      const labels = new Int32Array(names.length).fill(-1);
      let at = 0;
      for await (const label of reader.labels(stored, names, records)) {
        if (call.cancelled) throw cancelled();
        labels[at++] = label;
      }
      return labels;
    },
  };
  return serveCalls(port, handlers);
}

/** DAT7: what cannot be read is named and left out; the others keep their order. */
async function read(request: ReadRequest, reader: ImageReader, call: CallContext): Promise<ReadResult> {
  const rule = prepareRule(request.rule, request.shape);
  const size = request.shape.reduce((product, side) => product * side, 1);
  const values = new Float32Array(request.names.length * size);
  const places: number[] = [];
  const labels: number[] = [];
  const leftOut: LeftOut[] = [];
  let place = 0;
  for await (const image of reader.images(request.stored, request.names, request.records)) {
    if (call.cancelled) throw cancelled();
    const error = 'error' in image ? image.error : putInto(image, rule, values, places.length * size, request.shape);
    if (error !== null) leftOut.push({ name: request.names[place] ?? '', error: errorInfo(error) });
    else {
      places.push(place);
      labels.push('error' in image ? -1 : (image.label ?? request.labels[place] ?? -1));
    }
    place++;
  }
  const whole = places.length === request.names.length;
  return {
    places: Int32Array.from(places),
    labels: Int32Array.from(labels),
    values: whole ? values : values.slice(0, places.length * size),
    leftOut,
  };
}

/** An image into its place, or why it does not fit. */
function putInto(image: OneImage, rule: PreparedRule, out: Float32Array, at: number, shape: readonly number[]): GraffitistError | null {
  try {
    if (rule.steps === null) image.copy(shape, out, at);
    else preprocess(image.pixels(), rule, out, at);
    return null;
  } catch (error) {
    if (error instanceof GraffitistError) return error;
    throw error;
  }
}
