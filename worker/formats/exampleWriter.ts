import { joinBytes } from './bytes.ts';
import { type Example, FEATURE_KINDS, type Feature } from './example.ts';
import { lengthPrefix, varintBytes } from './wire.ts';

/** Writes a `tf.train.Example`, keys in the order of the map, numbers packed. */
export function writeExample(example: Example): Uint8Array {
  const entries = [...example].map(([key, feature]) => {
    const list = lengthField(FEATURE_KINDS.indexOf(feature.kind) + 1, writeList(feature));
    return lengthField(1, joinBytes([lengthField(1, new TextEncoder().encode(key)), lengthField(2, list)]));
  });
  return lengthField(1, joinBytes(entries));
}

function writeList(feature: Feature): Uint8Array {
  switch (feature.kind) {
    case 'bytes':
      return joinBytes(feature.values.map((value) => lengthField(1, value)));
    case 'float': {
      const view = new DataView(new ArrayBuffer(4 * feature.values.length));
      feature.values.forEach((value, i) => {
        view.setFloat32(4 * i, value, true);
      });
      return lengthField(1, new Uint8Array(view.buffer));
    }
    case 'int64':
      return lengthField(1, Uint8Array.from(feature.values.flatMap(integerBytes)));
  }
}

function integerBytes(value: number): number[] {
  if (value >= 0) return varintBytes(value);
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}

function lengthField(field: number, value: Uint8Array): Uint8Array {
  return joinBytes([lengthPrefix(field, value.length), value]);
}
