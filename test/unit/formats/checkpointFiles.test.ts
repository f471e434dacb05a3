import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findCheckpoint, shardName } from '../../../worker/formats/checkpointFiles.ts';
import { readCheckpointState, writeCheckpointState } from '../../../worker/formats/checkpointState.ts';
import { crc32c, maskCrc, unmaskCrc } from '../../../worker/formats/crc32c.ts';
import { describeShared, shared } from '../../shared.ts';

const files = (...prefixes: string[]): string[] => [
  'graph.pb',
  ...prefixes.flatMap((prefix) => [`${prefix}.index`, shardName(prefix, 0, 1)]),
];

describe('finding a checkpoint', () => {
  it.each(['x.ckpt', 'x.ckpt.index', 'x.ckpt.data-00000-of-00001', '/some/where/x.ckpt', 'C:\\models\\x.ckpt.index'])(
    '%s names x.ckpt',
    (wanted) => {
      expect(findCheckpoint(files('x.ckpt', 'y.ckpt'), { wanted })).toBe('x.ckpt');
    },
  );

  it('a name without step finds the latest step', () => {
    expect(findCheckpoint(files('x.ckpt-900', 'x.ckpt-5000', 'x.ckpt-1000'), { wanted: 'x.ckpt' })).toBe('x.ckpt-5000');
    expect(findCheckpoint(files('x.ckpt-900', 'x.ckpt-5000'), { wanted: 'x.ckpt-900' })).toBe('x.ckpt-900');
  });

  it('without a name it is the only one, at its latest step', () => {
    expect(findCheckpoint(files('x.ckpt'))).toBe('x.ckpt');
    expect(findCheckpoint(files('model-9', 'model-10'))).toBe('model-10');
    expect(findCheckpoint(files())).toBeUndefined();
  });

  it('the file `checkpoint` decides between several, where it names one that is there', () => {
    const state = { current: '/elsewhere/y.ckpt', all: [] };
    expect(findCheckpoint(files('x.ckpt', 'y.ckpt'), { state })).toBe('y.ckpt');
    expect(findCheckpoint(files('x.ckpt'), { state })).toBe('x.ckpt');
    expect(() => findCheckpoint(files('x.ckpt', 'y.ckpt'))).toThrow(expect.objectContaining({ code: 'checkpoint-missing' }));
  });

  it('one that is not there is refused with what is', () => {
    const there = files('x.ckpt', 'x.ckpt-7');
    expect(() => findCheckpoint(there, { wanted: 'z.ckpt' })).toThrow(
      expect.objectContaining({ code: 'checkpoint-missing', message: expect.stringContaining('x.ckpt, x.ckpt-7') }),
    );
    expect(() => findCheckpoint(there, { wanted: 'x.ckpt-8' })).toThrow(expect.objectContaining({ code: 'checkpoint-missing' }));
  });
});

describe('the file `checkpoint`', () => {
  it('comes back as it was written, with any characters', () => {
    const state = { current: 'a "b" \\ é\n.ckpt-7', all: ["it's.ckpt-6", 'a "b" \\ é\n.ckpt-7'] };
    expect(readCheckpointState(writeCheckpointState(state))).toEqual(state);
  });

  it('is read with single quotes, spaces and unknown fields', () => {
    expect(readCheckpointState("all_model_checkpoint_timestamps: 1.5\n  model_checkpoint_path : 'm.ckpt'\n")).toEqual({
      current: 'm.ckpt',
      all: [],
    });
    expect(readCheckpointState('nothing here')).toBeUndefined();
  });
});

describeShared('the file `checkpoint` of the reference cases', () => {
  it('is written as TensorFlow does', () => {
    const text = readFileSync(shared('cases/nets/small_mobilenet_v2/checkpoint'), 'utf8');
    const state = readCheckpointState(text);
    expect(state?.current).toBe('small_mobilenet_v2.ckpt');
    expect(state && writeCheckpointState(state)).toBe(text);
  });
});

describe('CRC-32C', () => {
  it.each([
    [new TextEncoder().encode('123456789'), 0xe3069283],
    [new Uint8Array(32), 0x8a9136aa],
    [new Uint8Array(32).fill(0xff), 0x62a8ab43],
    [Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
    [new Uint8Array(0), 0],
  ])('of known bytes is as published', (bytes, crc) => {
    expect(crc32c(bytes)).toBe(crc);
    for (let cut = 0; cut <= bytes.length; cut++) expect(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut)))).toBe(crc);
    expect(unmaskCrc(maskCrc(crc))).toBe(crc);
  });
});
