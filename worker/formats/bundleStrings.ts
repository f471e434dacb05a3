import type { GraffitistError } from '../errors.ts';
import { joinBytes } from './bytes.ts';
import { crc32c, maskCrc, unmaskCrc } from './crc32c.ts';
import { elementCount } from './dtype.ts';
import type { Tensor } from './tensor.ts';
import { readVarint, varintBytes, WireError } from './wire.ts';

/**
 * A string tensor as a checkpoint's data file holds it: the lengths as varints, their checksum, the characters. The checksums take
 * the lengths as fixed-width numbers.
 */
export function readStrings(bytes: Uint8Array, shape: readonly number[], crc: number, fault: (why: string) => GraffitistError): Tensor {
  const count = elementCount(shape);
  if (count > bytes.length) throw fault(`${count} strings do not fit into ${bytes.length} bytes`);
  try {
    const lengths: number[] = [];
    let at = 0;
    for (let i = 0; i < count; i++) {
      const { value, next } = readVarint(bytes, at, bytes.length);
      lengths.push(value);
      at = next;
    }
    const start = at + 4;
    if (start + lengths.reduce((sum, length) => sum + length, 0) !== bytes.length) throw fault('its strings do not fill their place');
    const sums = lengths.reduce((sum, length) => crc32c(fixedWidth(length), sum), 0);
    const stored = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
    if (unmaskCrc(stored) !== sums) throw fault('the checksum of its lengths is wrong');
    if (crc32c(bytes.subarray(at), sums) !== crc) throw fault('the checksum of its strings is wrong');
    let from = start;
    const strings = lengths.map((length) => {
      from += length;
      return bytes.subarray(from - length, from);
    });
    return { dtype: 'string', shape, bytes: new Uint8Array(0), strings };
  } catch (error) {
    if (error instanceof WireError) throw fault(error.message);
    throw error;
  }
}

/** A string tensor as a data file holds it, and the checksum over it. */
export function writeStrings(strings: readonly Uint8Array[]): { readonly bytes: Uint8Array; readonly crc: number } {
  const sums = strings.reduce((sum, { length }) => crc32c(fixedWidth(length), sum), 0);
  const stored = new DataView(new ArrayBuffer(4));
  stored.setUint32(0, maskCrc(sums), true);
  const tail = joinBytes([new Uint8Array(stored.buffer), ...strings]);
  const lengths = Uint8Array.from(strings.flatMap(({ length }) => varintBytes(length)));
  return { bytes: joinBytes([lengths, tail]), crc: crc32c(tail, sums) };
}

function fixedWidth(length: number): Uint8Array {
  const wide = length > 0xffffffff;
  const view = new DataView(new ArrayBuffer(wide ? 8 : 4));
  if (wide) view.setBigUint64(0, BigInt(length), true);
  else view.setUint32(0, length, true);
  return new Uint8Array(view.buffer);
}
