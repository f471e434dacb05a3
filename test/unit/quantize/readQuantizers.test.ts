import { describe, expect, it } from 'vitest';
import { quantizerNodes } from '../../../worker/quantize/quantizerNodes.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { Net } from './nets.ts';

const SPEC = { scope: 'net/x_act_quant', source: 'net/x', bits: 8, signed: false, rounding: 'round', dtype: 'float32' } as const;

/** A quantizer on a placeholder, written as `change` leaves it. */
function quantizer(change: (net: Net) => void = () => {}): Net {
  const net = new Net();
  net.input('net/x');
  net.nodes.push(...quantizerNodes(SPEC));
  change(net);
  return net;
}

function rewire(net: Net, name: string, inputs: readonly string[]): void {
  const at = net.nodes.findIndex((node) => node.name === name);
  const before = net.nodes[at];
  if (before !== undefined) net.nodes[at] = { ...before, inputs };
}

describe('QNT25 quantizers read back from a graph', () => {
  it('QNT2 the nodes of a scope stand in the order in which TensorFlow makes them', () => {
    expect(quantizerNodes(SPEC).map(({ name, op }) => `${name.slice('net/x_act_quant/'.length)} ${op}`)).toEqual([
      'threshold/Initializer/Const Const',
      'threshold VariableV2',
      'threshold/Assign Assign',
      'threshold/read Identity',
      'is_signed Const',
      'bitwidth Const',
      'base Const',
      'bits Sub',
      'q_levels_per_sign Pow',
      'Neg Neg',
      'mul Mul',
      'sub/y Const',
      'sub Sub',
      'pof2 Identity',
      'Ceil Ceil',
      'pof2_t Pow',
      'pof2_sf RealDiv',
      'LinearQuant LinearQuant',
    ]);
  });

  it('QNT25 format, rounding, source and threshold come from the nodes', () => {
    expect(readQuantizers(quantizer().graph())).toEqual([
      {
        name: 'net/x_act_quant',
        node: 'net/x_act_quant/LinearQuant',
        source: 'net/x',
        kind: 'activation',
        bits: 8,
        signed: false,
        rounding: 'round',
        threshold: 'net/x_act_quant/threshold',
        group: undefined,
        constantLog2: undefined,
      },
    ]);
  });

  it('QNT25 a graph without quantizers has an empty table', () => {
    const net = new Net();
    net.relu('r', net.input());
    expect(readQuantizers(net.graph())).toEqual([]);
    expect(thresholdVariables(net.graph())).toEqual([]);
  });

  it('QNT25 every width and sign is read back', () => {
    for (const signed of [true, false]) {
      for (const bits of [2, 3, 4, 8, 16, 24, 32]) {
        const net = new Net();
        net.input('net/x');
        net.nodes.push(...quantizerNodes({ ...SPEC, bits, signed, rounding: 'floor' }));
        expect(readQuantizers(net.graph())[0]).toMatchObject({ bits, signed, rounding: 'floor' });
      }
    }
  });

  it('QNT25 a constant in the place of the variable', () => {
    const net = quantizer((it) => {
      it.constant('net/x_act_quant/frozen', 1.5);
      rewire(it, 'net/x_act_quant/threshold/read', ['net/x_act_quant/frozen']);
    });
    expect(readQuantizers(net.graph())[0]).toMatchObject({ threshold: 'net/x_act_quant/frozen', constantLog2: 1.5 });
  });

  it('QNT25 the training form: freeze switch and straight-through ceil between variable and scale', () => {
    const net = quantizer((it) => {
      const at = (name: string) => `net/x_act_quant/${name}`;
      it.constant(at('freeze_th_default'));
      it.node(at('freeze_th'), 'PlaceholderWithDefault', [at('freeze_th_default')]);
      it.node(at('freeze_th_cast'), 'Cast', [at('freeze_th')]);
      it.node(at('StopGradient'), 'StopGradient', [at('pof2')]);
      it.node(at('mul_1'), 'Mul', [at('freeze_th_cast'), at('StopGradient')]);
      it.constant(at('sub_1/x'), 1);
      it.node(at('sub_1'), 'Sub', [at('sub_1/x'), at('freeze_th_cast')]);
      it.node(at('mul_2'), 'Mul', [at('sub_1'), at('pof2')]);
      it.node(at('add'), 'Add', [at('mul_1'), at('mul_2')]);
      it.node(at('sub_2'), 'Sub', [at('Ceil'), at('add')]);
      it.node(at('StopGradient_1'), 'StopGradient', [at('sub_2')]);
      it.node(at('add_1'), 'Add', [at('add'), at('StopGradient_1')]);
      rewire(it, at('Ceil'), [at('add')]);
      rewire(it, at('pof2_t'), [at('base'), at('add_1')]);
    });
    expect(readQuantizers(net.graph())[0]).toMatchObject({ threshold: 'net/x_act_quant/threshold', bits: 8 });
  });

  it('QNT25 a scope whose arithmetic was folded to constants: bits from the limits, exponent from the scale', () => {
    const net = new Net();
    net.input('x');
    net.node('q/LinearQuant', 'LinearQuant', ['x', net.constant('q/s', 2 ** -5), net.constant('q/n', -128), net.constant('q/p', 127)]);
    expect(readQuantizers(net.graph())[0]).toMatchObject({ name: 'q', bits: 8, signed: true, threshold: 'q/s', constantLog2: 2 });
  });

  it('QNT25 limits that are no constants are an error that names the node', () => {
    const net = new Net();
    const x = net.input('x');
    net.node('q/LinearQuant', 'LinearQuant', [x, net.constant('s', 1), x, x]);
    expect(() => readQuantizers(net.graph())).toThrow(expect.objectContaining({ code: 'node-malformed', about: 'q/LinearQuant' }));
  });

  it('QNT25 a scale that no threshold stands behind is an error', () => {
    const net = new Net();
    const x = net.input('x');
    net.node('q/LinearQuant', 'LinearQuant', [x, net.node('s', 'Mul', [x, x]), net.constant('n', 0), net.constant('p', 255)]);
    expect(() => readQuantizers(net.graph())).toThrow(/No threshold was found/);
  });

  it('QNT25 arithmetic that doubles at every level ends after each node was looked at once', () => {
    const net = new Net();
    let at = net.constant('n0', 1);
    for (let level = 1; level <= 60; level += 1) at = net.node(`n${level}`, 'Add', [at, at]);
    net.node('q/LinearQuant', 'LinearQuant', [net.input('x'), net.constant('s', 1), at, at]);
    expect(() => readQuantizers(net.graph())).toThrow(expect.objectContaining({ code: 'node-malformed' }));
  });

  it('QNT25 thresholds are listed once, with their members', () => {
    const net = new Net();
    const x = net.convRelu('c1', net.input());
    net.conv('c2', x);
    const { graph } = net.quantized().model;
    const shared = thresholdVariables(graph).find(({ members }) => members.length === 2);
    expect(shared?.name).toMatch(/c[12]\/BiasAdd_layer_bias_quant_merge\/m_threshold/);
  });
});
