import { describe, expect, it } from 'vitest';
import * as numbers from '../../../src/format/numbers.ts';

describe('numbers as the field writes them', () => {
  it('scales and bit-widths', () => {
    expect(numbers.powerOfTwo(-7)).toBe('2⁻⁷');
    expect(numbers.powerOfTwo(0)).toBe('2⁰');
    expect(numbers.powerOfTwo(-12)).toBe('2⁻¹²');
    expect(numbers.quantName({ bits: 8, signed: true, exponent: -5 })).toBe('int8 2⁻⁵');
    expect(numbers.quantName({ bits: 8, signed: false, exponent: null })).toBe('uint8');
  });

  it('thresholds: raw and the power of two in use', () => {
    expect(numbers.threshold(0.993, 1)).toBe('0.993 → 1 (2⁰)');
    expect(numbers.threshold(5.83, 8)).toBe('5.83 → 8 (2³)');
    expect(numbers.threshold(0.2, 0.25)).toBe('0.2 → 0.25 (2⁻²)');
  });

  it('real numbers keep three digits and a true minus', () => {
    expect(numbers.real(-0.21423)).toBe('−0.214');
    expect(numbers.real(58.52)).toBe('58.5');
    expect(numbers.real(1234.5)).toBe('1,235');
    expect(numbers.real(1.234e-9)).toBe('1.23e−9');
    expect(numbers.real(0)).toBe('0');
    expect(numbers.real(Number.POSITIVE_INFINITY)).toBe('∞');
    expect(numbers.fixed(-1.3765, 3)).toBe('−1.377');
  });

  it('shares, decibels, bytes, durations, shapes', () => {
    expect(numbers.share(0)).toBe('0 %');
    expect(numbers.share(0.00002)).toBe('0.002 %');
    expect(numbers.share(0.0000001)).toBe('< 0.001 %');
    expect(numbers.share(0.0133)).toBe('1.3 %');
    expect(numbers.share(0.711)).toBe('71.1 %');
    expect(numbers.decibels(38.24)).toBe('38.2 dB');
    expect(numbers.decibels(Number.POSITIVE_INFINITY)).toBe('exact');
    expect(numbers.bytes(1_904_000)).toBe('1.9 MB');
    expect(numbers.bytes(102_400_000)).toBe('102 MB');
    expect(numbers.bytes(512)).toBe('512 B');
    expect(numbers.bytes(999_900)).toBe('1 MB');
    expect(numbers.duration(640)).toBe('640 ms');
    expect(numbers.duration(4200)).toBe('4.2 s');
    expect(numbers.duration(59_960)).toBe('1 min');
    expect(numbers.duration(200_000)).toBe('3 min 20 s');
    expect(numbers.shape([128, 128, 3])).toBe('128×128×3');
    expect(numbers.shape([-1, 10])).toBe('?×10');
    expect(numbers.shape(null)).toBe('unknown');
    expect(numbers.plural(1, 'node')).toBe('1 node');
    expect(numbers.plural(1728, 'node')).toBe('1,728 nodes');
  });
});
