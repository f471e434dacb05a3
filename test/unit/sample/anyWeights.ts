import { variableShapes, type Weights } from '../../../scripts/sample/network.ts';
import { random } from '../../../scripts/sample/random.ts';

/** Weights that no training made, of the sizes that trained ones have. */
export function anyWeights(seed: number): Weights {
  const source = random(seed);
  return new Map(
    [...variableShapes()].map(([name, shape]) => {
      const positive = name.endsWith('gamma') || name.endsWith('variance');
      const count = shape.reduce((product, size) => product * size, 1);
      return [name, Float32Array.from({ length: count }, () => (positive ? source.between(0.5, 2) : 0.3 * source.normal()))];
    }),
  );
}
