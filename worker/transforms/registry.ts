import { GraffitistError } from '../errors.ts';
import { correctBiases } from './correctBiases.ts';
import { equalizeLayers } from './equalizeLayers.ts';
import { fixInputShape } from './fixInputShape.ts';
import { foldBatchNorms } from './foldBatchNorms.ts';
import { foldBatchNormsInplace } from './foldBatchNormsInplace.ts';
import { freezeGraph } from './freezeGraph.ts';
import { preprocessLayers } from './preprocessLayers.ts';
import { quantize } from './quantize.ts';
import { removeTrainingNodes } from './removeTrainingNodes.ts';
import { stripUnusedNodes } from './stripUnusedNodes.ts';
import { thawGraph } from './thawGraph.ts';
import type { Transform } from './transform.ts';

/** Every transform, in the order in which a full pipeline runs them; those that no recipe has stand last. */
export const TRANSFORMS: readonly Transform[] = [
  fixInputShape,
  foldBatchNorms,
  removeTrainingNodes,
  stripUnusedNodes,
  preprocessLayers,
  equalizeLayers,
  correctBiases,
  quantize,
  freezeGraph,
  thawGraph,
  foldBatchNormsInplace,
];

const BY_NAME: ReadonlyMap<string, Transform> = new Map(TRANSFORMS.map((transform) => [transform.name, transform]));

/** @throws GraffitistError `transform-unknown` listing the known ones */
export function transformNamed(name: string): Transform {
  const found = BY_NAME.get(name);
  if (found !== undefined) return found;
  throw new GraffitistError('transform-unknown', `Transform '${name}' is not known.`, {
    about: name,
    remedy: `Known are ${TRANSFORMS.map((transform) => transform.name).join(', ')}.`,
  });
}
