import type { Model } from './model.ts';

/** Shape of an input without the batch dimension: its own where it has one, else the one for all. */
export function shapeOfInput({ inputShape, inputShapes }: Pick<Model, 'inputShape' | 'inputShapes'>, input: string): readonly number[] {
  return inputShapes?.get(input) ?? inputShape;
}
