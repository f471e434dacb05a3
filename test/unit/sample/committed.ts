import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILES } from '../../../scripts/sample/files.ts';
import type { Lift } from '../../../scripts/sample/lift.ts';
import type { Weights } from '../../../scripts/sample/network.ts';
import { type Checkpoint, openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { tensorValues } from '../../../worker/formats/tensorValues.ts';

/** Where the sample lies. */
export const SAMPLE_FOLDER = fileURLToPath(new URL('../../../public/sample/', import.meta.url));

/** A file of the sample as it is committed. */
export function committedFile(name: string): Uint8Array {
  return new Uint8Array(readFileSync(path.join(SAMPLE_FOLDER, name)));
}

/** A JSON file of the sample. */
export function committedJson(name: string): unknown {
  return JSON.parse(readFileSync(path.join(SAMPLE_FOLDER, name), 'utf8'));
}

/** The lifts that the committed weights have undergone. */
export function committedLifts(): Lift[] {
  return committedJson(FILES.lifts) as Lift[];
}

/** The committed checkpoint. */
export async function committedCheckpoint(): Promise<Checkpoint> {
  const names = [FILES.index, FILES.data, FILES.state];
  const checkpoint = await openCheckpoint(names.map((name) => ({ name, blob: new Blob([committedFile(name) as BlobPart]) })));
  if (checkpoint === undefined) throw new Error('The sample has no checkpoint.');
  return checkpoint;
}

/** All variables of the committed checkpoint. */
export async function committedWeights(): Promise<Weights> {
  const checkpoint = await committedCheckpoint();
  const weights = new Map<string, Float32Array>();
  for (const name of checkpoint.entries.keys()) weights.set(name, tensorValues(await checkpoint.read(name)) as Float32Array);
  return weights;
}
