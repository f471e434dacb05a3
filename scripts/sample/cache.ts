import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { drawImage } from './images.ts';
import { variableShapes, type Weights } from './network.ts';
import type { TrainingPhase } from './train.ts';

/** Where the weights after these phases are kept between runs (a folder that git ignores), so that writing the files can be repeated without training. */
export function cachePath(folder: string, phases: readonly TrainingPhase[]): string {
  const picture = [...drawImage(phases[0]?.seed ?? 0, 'train', 5)];
  const key = createHash('sha256')
    .update(JSON.stringify([phases, [...variableShapes()], picture]))
    .digest('hex');
  return path.join(folder, `weights-${key.slice(0, 12)}.json`);
}

/** Weights kept under `file`, or undefined where there are none. */
export function readCache(file: string): Weights | undefined {
  if (!existsSync(file)) return undefined;
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return new Map(
    Object.entries(stored).map(([name, text]) => {
      const bytes = Buffer.from(text, 'base64');
      return [name, new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))];
    }),
  );
}

/** Keeps weights under `file`. */
export function writeCache(file: string, weights: Weights): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const stored = Object.fromEntries(
    [...weights].map(([name, values]) => [name, Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64')]),
  );
  writeFileSync(file, JSON.stringify(stored));
}
