import type { NodeAttrs } from './attrs.ts';
import type { RoundingMode } from './kernels.ts';
import { op } from './op.ts';
import { sameAs } from './shapes.ts';

/** The quantizer: `scale` is a power of two, `min` and `max` the integer limits of the codes. */
const linearQuant = op('LinearQuant', {
  inputs: { inputs: 'tensor', scale: 'number', min: 'number', max: 'number' },
  shape: sameAs('inputs'),
  forward: ({ inputs, scale, min, max }, k, attrs) => {
    if (!(scale > 0 && Number.isFinite(scale)) && !(min === 0 && max === 0)) {
      throw attrs.malformed(`the scale ${scale} is not a positive number; check the threshold variable it is made from.`);
    }
    return k.linearQuant(inputs, { scale, min, max, rounding: roundingMode(attrs) });
  },
  // The scale is a power of two of the threshold in use; what stands before it leads its derivative on to log2 t.
  gradient: ({ inputs, scale, min, max }, { dy }, k, attrs) => {
    const found = k.linearQuantGrad(inputs, dy, { scale, min, max, rounding: roundingMode(attrs) });
    return { inputs: found.x, scale: found.scale };
  },
  keeps: ['inputs'],
});

/** How a LinearQuant node rounds. @throws GraffitistError `node-malformed` */
export function roundingMode(attrs: NodeAttrs): RoundingMode {
  const mode = attrs.string('rounding_mode', 'round');
  if (mode !== 'round' && mode !== 'floor' && mode !== 'ceil')
    throw attrs.malformed(`rounding mode '${mode}' is neither round, floor nor ceil.`);
  return mode;
}

export const quantizationOps = [linearQuant];
