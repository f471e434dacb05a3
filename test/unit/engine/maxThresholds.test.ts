import { expect, it } from 'vitest';
import { parseExpression, printExpression } from '../../../worker/transforms/expression.ts';

it('QNT27: max_thresholds names quantizers, on the command line as in a recipe', () => {
  const { options } = parseExpression('quantize(weight_bits=-8, max_thresholds=[net/c1/Relu_act_quant,input_inp_quant])');
  expect(options.max_thresholds).toEqual(['net/c1/Relu_act_quant', 'input_inp_quant']);
  expect(printExpression('quantize', options)).toBe('quantize(max_thresholds=[net/c1/Relu_act_quant,input_inp_quant])');
});
