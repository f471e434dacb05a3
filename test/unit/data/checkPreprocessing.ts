import { expect } from 'vitest';
import { prepareRule } from '../../../worker/data/imageRule.ts';
import { preprocess } from '../../../worker/data/preprocess.ts';
import type { Pixels } from '../../../worker/data/resize.ts';
import { crc32 } from '../../../worker/formats/crc32.ts';
import type { ImageRuleName } from '../../../worker/protocol.ts';

/** What TensorFlow made of a picture: a checksum of all float32 values, and the first of them for a look. */
export interface RecordedAnswer {
  readonly rule: ImageRuleName;
  readonly size: readonly [number, number];
  readonly crc: number;
  readonly first: readonly number[];
}

/** Equal to the last bit. */
export function checkPreprocessing(picture: Pixels, { rule, size, crc, first }: RecordedAnswer): void {
  const values = new Float32Array(size[0] * size[1] * 3);
  preprocess(picture, prepareRule({ name: rule }, [...size, 3]), values, 0);
  expect([...values.subarray(0, first.length)]).toEqual(first.map(Math.fround));
  expect(crc32(new Uint8Array(values.buffer))).toBe(crc);
}
