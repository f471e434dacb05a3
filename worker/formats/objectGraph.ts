import type { Tensor } from './tensor.ts';
import { LENGTH, utf8, WireReader } from './wire.ts';

/** Under this name a checkpoint of TensorFlow 2 describes the objects that it was saved from. */
export const OBJECT_GRAPH = '_CHECKPOINTABLE_OBJECT_GRAPH';

const [NODE, ATTRIBUTE] = [1, 2];
const [FULL_NAME, KEY] = [2, 3];

/**
 * The key of each variable's value by the variable's name, from the TrackableObjectGraph message in a checkpoint. Empty where there is none
 * that can be read: such variables are then missing.
 */
export function readObjectGraph({ strings }: Tensor): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  try {
    for (const object of messages(strings?.[0] ?? new Uint8Array(0), NODE)) {
      for (const attribute of messages(object, ATTRIBUTE)) {
        const name = textField(attribute, FULL_NAME);
        if (name !== '' && !keys.has(name)) keys.set(name, textField(attribute, KEY));
      }
    }
  } catch {
    return new Map();
  }
  return keys;
}

function* messages(bytes: Uint8Array, field: number): Generator<Uint8Array> {
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.field === field && reader.wireType === LENGTH) yield reader.view();
}

function textField(bytes: Uint8Array, field: number): string {
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.field === field && reader.wireType === LENGTH) return utf8(reader.bytes, reader.from, reader.to) ?? '';
  return '';
}
