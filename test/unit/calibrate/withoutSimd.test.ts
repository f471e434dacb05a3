import { describe, expect, it, vi } from 'vitest';
import { simd } from '../../../worker/calibrate/simd/simd.ts';
import { testSampleLoops } from './sampleLoops.ts';

vi.mock('../../../worker/calibrate/simd/simd.ts', () => ({ simd: () => null }));

describe('loops over samples without SIMD', () => {
  it('are in use', () => {
    expect(simd()).toBeNull();
  });
  testSampleLoops();
});
