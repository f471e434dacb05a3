import { GraffitistError } from '../../errors.ts';
import { type Pass, place } from './placement.ts';

/** QNT8: the network's inputs are quantized. @throws GraffitistError `interface-invalid` */
export const placeInputs: Pass = (graph, { inputs, inputBits }) => {
  const placements = [...new Set(inputs)].map((name) => {
    if (!graph.has(name)) {
      throw new GraffitistError('interface-invalid', `The input '${name}' is not in the graph.`, {
        about: name,
        remedy: 'Name an input node of the graph.',
      });
    }
    return place('QNT8', name, 'inp_quant', inputBits);
  });
  return { placements, warnings: [] };
};
