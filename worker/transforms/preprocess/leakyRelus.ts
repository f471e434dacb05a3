import { makeTensor } from '../../formats/tensorValues.ts';
import { dtypeOf } from '../batchNorms.ts';
import type { SubStep } from './step.ts';

/** PRE4: LeakyRelu(x) = max(α·x, x), written out so that α, the product and the result can be quantized. */
export const leakyRelus: SubStep = (step) => {
  for (const leaky of step.graph.nodes) {
    if (leaky.op !== 'LeakyRelu') continue;
    const [x] = leaky.edges;
    if (x === undefined) continue;
    const slope = leaky.attr('alpha');
    const dtype = dtypeOf(leaky);
    const T = { kind: 'type', value: dtype } as const;
    const value = makeTensor(dtype, [], [slope?.kind === 'float' ? slope.value : 0.2]);
    const alpha = step.add({ name: `${leaky.name}/alpha`, op: 'Const', attrs: { dtype: T, value: { kind: 'tensor', value } } });
    const product = step.add({ name: `${leaky.name}/mul`, op: 'Mul', inputs: [x, alpha], attrs: { T } });
    const maximum = step.add({ name: `${leaky.name}/Maximum`, op: 'Maximum', inputs: [product, x], attrs: { T } });
    const after = step.becomes(leaky, maximum);
    step.change('PRE4', `LeakyRelu ${leaky.name} written out`, [leaky.name], [alpha.node, product.node, maximum.node, ...after]);
  }
};
