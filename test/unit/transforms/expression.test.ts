import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { parseExpression, printExpression } from '../../../worker/transforms/expression.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { TRANSFORMS, transformNamed } from '../../../worker/transforms/registry.ts';

function refusal(action: () => unknown): GraffitistError {
  try {
    action();
  } catch (error) {
    if (error instanceof GraffitistError) return error;
    throw error;
  }
  return expect.unreachable('it was not refused');
}

describe('transform expressions', () => {
  it.each([
    ['fix_input_shape', {}],
    ['fix_input_shape()', {}],
    [' quantize ( weight_bits = -4 ,activation_bits=-8 ) ', { weight_bits: -4, activation_bits: -8 }],
    ['quantize(weight_bits=-4,activation_bits=-8', { weight_bits: -4, activation_bits: -8 }],
    ['quantize(first_layer=net/c1/Conv2D, last_layer=None)', { first_layer: 'net/c1/Conv2D', last_layer: null }],
    ['quantize(calibrate_quant_layers=True)', { calibrate_quant_layers: true }],
    ['quantize(calibrate_quant_layers=false)', { calibrate_quant_layers: false }],
    ['quantize(calibrate_quant_layers=true)', { calibrate_quant_layers: false }],
    ['strip_unused_nodes(placeholder_type_enum=[1,1])', { placeholder_type_enum: [1, 1] }],
    ['strip_unused_nodes(placeholder_type_enum=[1, 3])', { placeholder_type_enum: [1, 3] }],
    ['fold_batch_norms(is_training=True)', { is_training: true }],
    ['quantize(is_training=True, weight_threshold=max)', { is_training: true, weight_threshold: 'max' }],
    ['remove_training_nodes(protected_node_patterns=[.*keep.*])', { protected_node_patterns: ['.*keep.*'] }],
    ['remove_training_nodes(protected_node_patterns=[\'a\', "b/.*"])', { protected_node_patterns: ['a', 'b/.*'] }],
    ['remove_training_nodes( protected_node_patterns = [ "a" , b ] )', { protected_node_patterns: ['a', 'b'] }],
    ['remove_training_nodes(protected_node_patterns=[(a|b)/.*])', { protected_node_patterns: ['(a|b)/.*'] }],
    ['remove_training_nodes(protected_node_patterns=[[ab]/c, d(e)?])', { protected_node_patterns: ['[ab]/c', 'd(e)?'] }],
    ['strip_unused_nodes(placeholder_type_enum=1)', { placeholder_type_enum: [1] }],
    ['quantize(input_bits=8, missing_bias=zero)', { input_bits: 8, missing_bias: 'zero' }],
    ['quantize(input_bits=None)', { input_bits: null }],
    ['preprocess_layers(avgpool=exact)', { avgpool: 'exact' }],
    ['fold_batch_norms(remaining=keep)', { remaining: 'keep' }],
  ])('OPT1 reads %s', (text, options) => {
    expect(parseExpression(text).options).toEqual(options);
  });

  it.each([
    ['preprocess_layers(avgpool=other)', 'option-invalid', /graffitist or exact/],
    ['preprocess_layers(exact_average_pools=True)', 'option-unknown', /avgpool/],
    ['nonsense', 'transform-unknown', /fix_input_shape, fold_batch_norms/],
    ['quantize(weight_threshold=4sd)', 'option-invalid', /3sd/],
    ['quantize(foo=1)', 'option-unknown', /weight_bits/],
    ['fix_input_shape(foo=1)', 'option-unknown', /no options/],
    ['quantize(weight_bits=eight)', 'option-invalid', /-8/],
    ['quantize(weight_bits=0)', 'option-invalid', /signed/],
    ['quantize(weight_bits)', 'option-invalid', /key=value/],
    ['', 'option-invalid', /name\(key=value/],
    ['quantize(weight_bits=-8))', 'option-invalid', /-8/],
  ])('OPT2 refuses %s: %s', (text, code, remedy) => {
    const error = refusal(() => parseExpression(text));
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
  });

  it('reads back what it prints, and leaves defaults out', () => {
    expect(printExpression('quantize', { weight_bits: -4, activation_bits: -8, calibrate_quant_layers: false })).toBe(
      'quantize(weight_bits=-4, calibrate_quant_layers=False)',
    );
    expect(printExpression('quantize', { weight_bits: -8 })).toBe('quantize');
    const width = fc.oneof(fc.integer({ min: -32, max: -2 }), fc.integer({ min: 1, max: 32 }));
    const name = fc.stringMatching(/^[a-z][a-z0-9_./-]{0,20}$/);
    const options = fc.record({ weight_bits: width, relu_bits: width, calibrate_quant_layers: fc.boolean(), first_layer: fc.option(name) });
    fc.assert(
      fc.property(options, (given) => {
        const read = parseExpression(printExpression('quantize', given));
        const transform = transformNamed('quantize');
        expect(completeOptions(transform, read.options)).toEqual(completeOptions(transform, given));
      }),
    );
  });
});

describe('option schemas', () => {
  it('every default passes its own check, and every option says what it is', () => {
    for (const transform of TRANSFORMS) {
      const complete = completeOptions(transform, {});
      expect(Object.keys(complete)).toEqual(Object.keys(transform.options));
      for (const { summary } of [transform, ...Object.values(transform.options)]) expect(summary).toMatch(/\.$/);
    }
  });

  it('checks values of recipes as it checks text', () => {
    const quantize = transformNamed('quantize');
    expect(refusal(() => completeOptions(quantize, { weight_bits: '8' })).code).toBe('option-invalid');
    expect(refusal(() => completeOptions(quantize, { weight_bits: -1 })).code).toBe('option-invalid');
    expect(refusal(() => completeOptions(quantize, { calibrate_quant_layers: 1 })).code).toBe('option-invalid');
    expect(refusal(() => completeOptions(quantize, { first_layer: 3 })).code).toBe('option-invalid');
    expect(refusal(() => completeOptions(quantize, { toString: 3 })).code).toBe('option-unknown');
  });
});
