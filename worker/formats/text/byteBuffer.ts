/** Bytes that grow at the end. Messages whose length is known only when they end are closed with `insertLength`. */
export class ByteBuffer {
  #bytes: Uint8Array;
  length = 0;

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity);
  }

  byte(value: number): void {
    this.#room(1);
    this.#bytes[this.length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    this.#room(values.length);
    this.#bytes.set(values, this.length);
    this.length += values.length;
  }

  /** An unsigned varint of up to 64 bits. */
  varint(value: bigint | number): void {
    if (typeof value === 'number') {
      let rest = value;
      for (; rest >= 0x80; rest = Math.floor(rest / 128)) this.byte((rest % 128) | 0x80);
      this.byte(rest);
      return;
    }
    let rest = BigInt.asUintN(64, value);
    for (; rest >= 0x80n; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest));
  }

  /** A tag: field number and wire type. */
  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType);
  }

  /** Puts the length of what was written since `start` in front of it. */
  insertLength(start: number): void {
    const size = this.length - start;
    let width = 1;
    for (let rest = size; rest >= 0x80; rest = Math.floor(rest / 128)) width++;
    this.#room(width);
    this.#bytes.copyWithin(start + width, start, this.length);
    this.length = start;
    this.varint(size);
    this.length = start + width + size;
  }

  /** What was written, as a view. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  #room(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.length + count, this.#bytes.length * 2));
    grown.set(this.view());
    this.#bytes = grown;
  }
}
