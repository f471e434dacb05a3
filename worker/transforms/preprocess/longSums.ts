import { dtypeOf, typed } from '../nodes.ts';
import type { SubStep } from './step.ts';

/** PRE20: AddN of several operands is a chain of sums of two, which quantize knows; the last one keeps the name. */
export const longSums: SubStep = (step) => {
  for (const sum of step.graph.nodes) {
    const [first, ...others] = sum.edges;
    if (sum.op !== 'AddN' || first === undefined || others.length === 0) continue;
    const dtype = dtypeOf(sum);
    let total = first;
    others.slice(0, -1).forEach((operand, index) => {
      total = step.add(typed(`${sum.name}_add_${index}`, 'Add', dtype, total, operand));
    });
    step.replace(sum.with({ op: 'Add', inputs: [total, ...others.slice(-1)], attrs: { N: undefined } }));
    const partial = others.slice(0, -1).map((_, index) => `${sum.name}_add_${index}`);
    step.change('PRE20', `AddN ${sum.name} written as ${others.length} sums of two`, [sum.name], [...partial, sum.name]);
  }
};
