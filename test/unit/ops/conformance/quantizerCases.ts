import type { Tensor } from '../../../../worker/formats/tensor.ts';
import type { ConformanceCase } from './cases.ts';
import { floats, given, random } from './data.ts';

/** Values at which rounding, clipping and flushing show: ties, neighbours of ties, limits, subnormals, infinities, NaN. */
function awkward(scale: number, min: number, max: number): Tensor {
  const values: number[] = [0, -0, Number.NaN, Infinity, -Infinity, 1e-40, -1e-40, 1e-45, 2 ** -126, -(2 ** -126), 3e38, -3e38];
  for (const code of [min - 2, min - 1, min, min + 1, -3, -2, -1, 0, 1, 2, 3, max - 1, max, max + 1, max + 2]) {
    for (const offset of [-0.5, 0, 0.5]) {
      const x = Math.fround((code + offset) * scale);
      values.push(x, nextFloat(x, 1), nextFloat(x, -1));
    }
  }
  return given([values.length], values);
}

/** The neighbouring float32. */
function nextFloat(x: number, direction: number): number {
  const bits = new DataView(new ArrayBuffer(4));
  bits.setFloat32(0, x);
  if (x === 0) return direction * 2 ** -149;
  bits.setInt32(0, bits.getInt32(0) + (x > 0 ? direction : -direction));
  return bits.getFloat32(0);
}

const FORMATS = [
  ['int8', -128, 127],
  ['uint8', 0, 255],
  ['int4', -8, 7],
  ['int16', -32768, 32767],
  ['uint4', 0, 15],
] as const;

const scalar = (value: number): Tensor => given([], [value]);

/** 16,384 values spread over and beyond the range. */
function spread(scale: number, min: number, max: number, seed: number): Tensor {
  return floats([4, 64, 64], seed, (min - 3) * scale * 1.2, (max + 3) * scale * 1.2);
}

/** Any float32 there is. */
function anyBits(seed: number): Tensor {
  const next = random(seed);
  const bits = Uint32Array.from({ length: 4099 }, () => Math.floor(next() * 2 ** 32));
  return given([bits.length], Array.from(new Float32Array(bits.buffer)));
}

/** More elements than a device starts workgroups for along one axis. */
const MANY = floats([5, 1024, 1024], 510, -2, 2);

/** Fake quantization is bit-equal on every backend. */
export const quantizerCases: readonly ConformanceCase[] = (['round', 'floor', 'ceil'] as const).flatMap((rounding) => {
  const attrs = { rounding_mode: { kind: 'string', value: rounding } } as const;
  return [
    ...FORMATS.flatMap(([format, min, max]) =>
      [-12, -7, -3, 0, 3, 40, -90].flatMap((exponent) => {
        const scale = 2 ** exponent;
        const limits = [scalar(scale), scalar(min), scalar(max)];
        return [
          {
            name: `${format}, scale 2^${exponent}, ${rounding}: ties and limits`,
            op: 'LinearQuant',
            attrs,
            inputs: [awkward(scale, min, max), ...limits],
            tolerance: 0,
          },
          ...(Math.abs(exponent) < 10
            ? [
                {
                  name: `${format}, scale 2^${exponent}, ${rounding}: spread values`,
                  op: 'LinearQuant',
                  attrs,
                  inputs: [spread(scale, min, max, 400 + exponent), ...limits],
                  tolerance: 0,
                },
              ]
            : []),
        ];
      }),
    ),
    ...(rounding === 'round'
      ? [
          {
            name: 'five million values',
            op: 'LinearQuant',
            attrs,
            inputs: [MANY, scalar(2 ** -7), scalar(-128), scalar(127)],
            tolerance: 0,
          },
        ]
      : []),
    {
      name: `any bits, ${rounding}`,
      op: 'LinearQuant',
      attrs,
      inputs: [anyBits(500), scalar(2 ** -7), scalar(-128), scalar(127)],
      tolerance: 0,
    },
    {
      name: `min and max 0 give zeros, ${rounding}`,
      op: 'LinearQuant',
      attrs,
      inputs: [given([6], [1, -1, 0, Number.NaN, Infinity, 1e-40]), scalar(0), scalar(0), scalar(0)],
      tolerance: 0,
    },
  ];
});
