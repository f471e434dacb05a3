/** CRC-32C (Castagnoli), reflected, as in iSCSI, LevelDB, TFRecord and TensorBundle. */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/** TABLES[k * 256 + b]: the checksum of byte b followed by k zero bytes. */
const TABLES = makeTables();

/**
 * The checksum of `bytes`, going on from `previous` (the checksum of what came before; 0 at the start). Eight bytes per step:
 * slicing-by-8.
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  let at = 0;
  const whole = bytes.length - (bytes.length % SLICES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (; at < whole; at += SLICES) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      t(7, low & 0xff) ^
      t(6, (low >>> 8) & 0xff) ^
      t(5, (low >>> 16) & 0xff) ^
      t(4, low >>> 24) ^
      t(3, high & 0xff) ^
      t(2, (high >>> 8) & 0xff) ^
      t(1, (high >>> 16) & 0xff) ^
      t(0, high >>> 24);
  }
  for (; at < bytes.length; at++) crc = t(0, (crc ^ (bytes[at] ?? 0)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

const MASK_DELTA = 0xa282ead8;

/** How a checksum is stored, so that a checksum over data that holds checksums stays a good one: rotated, plus a constant. */
export function maskCrc(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** The checksum behind a stored one. */
export function unmaskCrc(masked: number): number {
  const rotated = (masked - MASK_DELTA) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}

function t(slice: number, byte: number): number {
  return TABLES[slice * 256 + byte] ?? 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] ?? 0;
    tables[i] = (tables[before & 0xff] ?? 0) ^ (before >>> 8);
  }
  return tables;
}
