import { joinBytes } from '../formats/bytes.ts';
import { sha256 } from '../formats/sha256.ts';
import type { VariableValues } from './types.ts';

/** Hex SHA-256 over names, each with a zero, and little-endian float32 values, in the order of the names. */
export async function variablesHash(variables: VariableValues): Promise<string> {
  const encoder = new TextEncoder();
  const parts = [...variables]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { values }]) => [encoder.encode(`${name}\0`), new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]);
  return sha256(joinBytes(parts));
}
