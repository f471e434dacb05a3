import type { NetworkFacts } from '../data/labels/network.ts';
import type { Shape } from '../formats/tensor.ts';
import { preprocessingOf } from '../zoo/preprocessing.ts';
import { recognizeNetwork } from '../zoo/recognize.ts';
import type { OpenDocument } from './document.ts';
import type { StageState } from './stage.ts';

/** What the open network takes and gives, for whoever reads images for it. */
export function networkFacts(document: OpenDocument, { model }: StageState): NetworkFacts {
  const found = recognizeNetwork(document.graph);
  const { guess, graphFile } = document;
  return {
    outputs: guess.outputs.map((name) => classesOf(model.shapes.get(name)?.[0] ?? null)).find((classes) => classes !== null) ?? null,
    name: found?.network.name ?? null,
    preprocessing: found === null ? null : preprocessingOf(found.network, graphFile.path ?? graphFile.name),
    shape: guess.shape?.every((side) => side > 0) === true ? guess.shape : null,
  };
}

/** Numbers per image of an output that has one row of them. */
function classesOf(shape: Shape): number | null {
  if (shape === null || shape.length < 2) return null;
  const [last, ...others] = shape.slice(1).reverse();
  return typeof last === 'number' && last > 0 && others.every((side) => side === 1) ? last : null;
}
