import { describe, expect, it } from 'vitest';
import { calibrationOrder } from '../../../worker/quantize/calibrationOrder.ts';
import { Net } from './nets.ts';

describe('QNT24 the order of calibration', () => {
  it('QNT24 weights of late layers first, then the data path', () => {
    const net = new Net();
    net.conv('c2', net.convRelu('c1', net.input()));
    const order = calibrationOrder(net.quantized().model.graph).map((name) => name.replace('/LinearQuant', ''));
    expect(order).toEqual([
      'c2/biases_bias_quant',
      'c2/weights_weight_quant',
      'c1/biases_bias_quant',
      'c1/weights_weight_quant',
      'input_inp_quant',
      'c1/Conv2D_layer_quant',
      'c1/Relu_act_quant',
      'c2/Conv2D_layer_quant',
      'c2/BiasAdd_biasadd_quant',
    ]);
  });

  it('QNT24 every quantizer stands behind those it depends on, control inputs included', () => {
    const net = new Net();
    const x = net.convRelu('c1', net.input());
    net.nodes.push({ name: 'pool', op: 'MaxPool', inputs: [x], controls: ['c1/BiasAdd'] });
    net.conv('c2', 'pool');
    const order = calibrationOrder(net.quantized().model.graph);
    expect(order.indexOf('c1/Relu_act_quant/LinearQuant')).toBeLessThan(order.indexOf('c2/Conv2D_layer_quant/LinearQuant'));
  });

  it('QNT24 a chain of 100,000 nodes needs no stack', () => {
    const net = new Net();
    let x = net.input();
    for (let index = 0; index < 100_000; index += 1) x = net.relu(`r${index}`, x);
    net.node('q/LinearQuant', 'LinearQuant', [x, net.constant('s', 1), net.constant('n', 0), net.constant('p', 255)]);
    expect(calibrationOrder(net.graph())).toEqual(['q/LinearQuant']);
  });
});
