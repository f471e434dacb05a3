import { describe, expect, it } from 'vitest';
import { GraphNode } from '../../../worker/graph/graph.ts';
import { commonScope, kindOf, quantizerScope, suffixOf } from '../../../worker/quantize/naming.ts';

describe('QNT2 names of quantizers', () => {
  const node = (name: string, op: string, ...inputs: string[]) => GraphNode.make({ name, op, inputs });

  it('QNT2 a quantizer is named after its producer', () => {
    expect(quantizerScope(node('net/c1/Conv2D', 'Conv2D'), 'layer_quant')).toBe('net/c1/Conv2D_layer_quant');
    expect(quantizerScope(node('input', 'Placeholder'), 'inp_quant')).toBe('input_inp_quant');
  });

  it("QNT2 a variable's read takes the variable's name", () => {
    expect(quantizerScope(node('net/weights/read', 'Identity', 'net/weights'), 'weight_quant')).toBe('net/weights_weight_quant');
    expect(quantizerScope(node('net/c/ReadVariableOp', 'ReadVariableOp', 'net/w'), 'weight_quant')).toBe(
      'net/c/ReadVariableOp_weight_quant',
    );
    expect(quantizerScope(node('net/mark', 'Identity', 'net/x'), 'eltw_rescale_quant')).toBe('net/mark_eltw_rescale_quant');
  });

  it.each([
    ['net/x_lrelu_weight_quant', 'lrelu_weight_quant', 'leaky'],
    ['net/x_weight_quant', 'weight_quant', 'weight'],
    ['net/x_biasadd_quant', 'biasadd_quant', 'biasadd'],
    ['net/x_bias_quant', 'bias_quant', 'bias'],
    ['net/x_avgpool_quant', 'avgpool_quant', 'avgpool'],
    ['net/x_eltw_rescale_quant', 'eltw_rescale_quant', 'rescale'],
  ])('QNT25 the kind of %s is read from its suffix', (scope, suffix, kind) => {
    expect(suffixOf(scope)).toBe(suffix);
    expect(kindOf(scope)).toBe(kind);
  });

  it('QNT25 a scope of another program has no suffix of ours', () => {
    expect(suffixOf('net/quant')).toBeUndefined();
    expect(kindOf('net/quant')).toBe('activation');
  });
});

describe('QNT18 where a shared threshold lives', () => {
  it.each([
    ['in the innermost scope of all members', ['net/c1/Conv2D_layer_quant', 'net/c1/BatchNorm_Fold/biases_bias_quant'], 'net/c1'],
    ['cut at the last slash of a common prefix', ['net/conv1/Relu_act_quant', 'net/conv2/Relu_act_quant'], 'net'],
    ['a prefix without a slash is taken whole', ['conv1/Relu_act_quant', 'conv2/Relu_act_quant'], 'conv'],
    ['even where it is a scope of one of them', ['blk/Relu_act_quant', 'blk2/Relu_act_quant'], 'blk'],
    ['nothing in common: the first member', ['a/Relu_act_quant', 'b/Relu_act_quant'], 'a/Relu_act_quant'],
    ['top-level names', ['conv_layer_quant', 'biases_bias_quant'], 'conv_layer_quant'],
    ['a single member', ['net/c1/Relu_act_quant'], 'net/c1/Relu_act_quant'],
  ])('QNT18 %s', (_, members, scope) => expect(commonScope(members)).toBe(scope));
});
