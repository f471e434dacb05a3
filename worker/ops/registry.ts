import { activationOps } from './activations.ts';
import { arithmeticOps } from './arithmetic.ts';
import { blockOps } from './blocks.ts';
import { convolutionOps } from './convolution.ts';
import { deconvolutionOps } from './deconvolution.ts';
import { fakeQuantizationOps } from './fakeQuantization.ts';
import { gatheringOps } from './gathering.ts';
import { joiningOps } from './joining.ts';
import { logicOps } from './logic.ts';
import { matrixOps } from './matrix.ts';
import { normalizationOps } from './normalization.ts';
import type { Op } from './op.ts';
import { patchOps } from './patches.ts';
import { poolingOps } from './pooling.ts';
import { quantizationOps } from './quantization.ts';
import { rearrangingOps } from './rearranging.ts';
import { reductionOps } from './reductions.ts';
import { resizingOps } from './resizing.ts';
import { slicingOps } from './slicing.ts';
import { sourceOps } from './sources.ts';
import { splittingOps } from './splitting.ts';
import { typeOps } from './types.ts';
import { wireOps } from './wires.ts';

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
    ...blockOps,
    ...deconvolutionOps,
    ...fakeQuantizationOps,
    ...gatheringOps,
    ...logicOps,
    ...reductionOps,
    ...resizingOps,
    ...splittingOps,
    ...wireOps,
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
