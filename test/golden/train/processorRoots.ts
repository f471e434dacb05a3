import recorded from './reciprocalRoots.json' with { type: 'json' };

/**
 * Roots as TensorFlow 1.14 takes them: eight elements at once by the processor's rsqrtps, good to twelve bits, and one step of Newton's
 * (r ← r · (1.5 − x/2 · r²)), what is left over one by one and exactly. Which last bit comes out depends on the processor's table; that of
 * the machine that the cases were recorded on is `reciprocalRoots.json`, as test/interop/reciprocalRoots.c prints it.
 */
const { fround } = Math;
const VECTOR = 8;

const table = (() => {
  let value = 8192;
  return Float32Array.from(recorded.falls, (fall) => {
    value -= Number(fall);
    return value / 8192;
  });
})();

const bits = new DataView(new ArrayBuffer(4));

/** rsqrtps of a normal positive number: the table over [1, 4), scaled by powers of 2. */
function approximateRoot(x: number): number {
  bits.setFloat32(0, x);
  const word = bits.getUint32(0);
  const exponent = (word >>> 23) - 127;
  const odd = exponent & 1;
  return (table[(odd << 12) | ((word & 0x7fffff) >> 11)] as number) * 2 ** (-(exponent - odd) / 2);
}

function newton(x: number): number {
  const root = approximateRoot(x);
  return fround(root * fround(1.5 - fround(fround(x * 0.5) * fround(root * root))));
}

/** Elements with an index below this are taken eight at once. */
function vectorized(length: number): number {
  return length - (length % VECTOR);
}

/** 1 / √x, for normal positive x. */
export function processorRsqrt(values: ArrayLike<number>): Float32Array {
  const whole = vectorized(values.length);
  return Float32Array.from(values, (x, i) => (i < whole ? newton(x) : fround(1 / fround(Math.sqrt(x)))));
}

/** √x, for normal positive x. */
export function processorSqrt(values: ArrayLike<number>): Float32Array {
  const whole = vectorized(values.length);
  return Float32Array.from(values, (x, i) => (i < whole ? fround(x * newton(x)) : Math.sqrt(x)));
}
