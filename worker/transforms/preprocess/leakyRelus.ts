import { makeTensor } from '../../formats/tensorValues.ts';
import { constant, dtypeOf, typed } from '../nodes.ts';
import type { SubStep } from './step.ts';

/** PRE4: LeakyRelu(x) = max(α·x, x), written out so that α, the product and the result can be quantized. */
export const leakyRelus: SubStep = (step) => {
  for (const leaky of step.graph.nodes) {
    if (leaky.op !== 'LeakyRelu') continue;
    const [x] = leaky.edges;
    if (x === undefined) continue;
    const slope = leaky.attr('alpha');
    const dtype = dtypeOf(leaky);
    const value = makeTensor(dtype, [], [slope?.kind === 'float' ? slope.value : 0.2]);
    const alpha = step.add(constant(`${leaky.name}/alpha`, value));
    const product = step.add(typed(`${leaky.name}/mul`, 'Mul', dtype, x, alpha));
    const maximum = step.add(typed(`${leaky.name}/Maximum`, 'Maximum', dtype, product, x));
    const after = step.becomes(leaky, maximum);
    step.change('PRE4', `LeakyRelu ${leaky.name} written out`, [leaky.name], [alpha.node, product.node, maximum.node, ...after]);
  }
};
