import { GraffitistError } from '../errors.ts';
import type { Session } from '../execute/session.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import type { ImageReader } from './images.ts';

/** The largest tensor that one kernel call makes stays below this, so that a call takes milliseconds and a cancellation is seen soon. */
const CHUNK_BYTES = 8 * 2 ** 20;

/** Images that one kernel call takes: as many as keep the graph's largest tensor within bounds, at least one. */
export function imagesPerCall(session: Session, images: readonly Pick<ImageReader, 'input' | 'shape' | 'count'>[]): number {
  const shapesOf = (count: number) => inferShapes(session.graph, new Map(images.map(({ input, shape }) => [input, [count, ...shape]])));
  const shapes = shapesOf(1);
  if (!fits(() => shapesOf(2))) return 1;
  let largest = 1;
  for (const [name, [shape]] of shapes) {
    if (shape == null || session.constants.has(name)) continue;
    largest = Math.max(largest, 4 * shape.reduce((product, size) => product * Math.abs(size), 1));
  }
  return Math.max(1, Math.min(images[0]?.count ?? 1, Math.floor(CHUNK_BYTES / largest)));
}

/** A graph that was exported for one image holds shapes such as [1, 1001] and takes no more at a time. */
function fits(infer: () => unknown): boolean {
  try {
    infer();
    return true;
  } catch (error) {
    if (error instanceof GraffitistError && error.code === 'shape-mismatch') return false;
    throw error;
  }
}
