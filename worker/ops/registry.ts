import { activationOps } from './activations.ts';
import { arithmeticOps } from './arithmetic.ts';
import { convolutionOps } from './convolution.ts';
import { joiningOps } from './joining.ts';
import { matrixOps } from './matrix.ts';
import { normalizationOps } from './normalization.ts';
import type { Op } from './op.ts';
import { patchOps } from './patches.ts';
import { poolingOps } from './pooling.ts';
import { quantizationOps } from './quantization.ts';
import { rearrangingOps } from './rearranging.ts';
import { slicingOps } from './slicing.ts';
import { sourceOps } from './sources.ts';
import { typeOps } from './types.ts';

const OPS: ReadonlyMap<string, Op> = new Map(
  [
    ...sourceOps,
    ...arithmeticOps,
    ...activationOps,
    ...convolutionOps,
    ...poolingOps,
    ...patchOps,
    ...matrixOps,
    ...normalizationOps,
    ...rearrangingOps,
    ...slicingOps,
    ...joiningOps,
    ...typeOps,
    ...quantizationOps,
  ].map((op) => [op.name, op]),
);

/** The op of that name, or undefined where the engine knows none. */
export function opFor(name: string): Op | undefined {
  return OPS.get(name);
}

/** Every op the engine knows. */
export function knownOps(): Iterable<Op> {
  return OPS.values();
}
