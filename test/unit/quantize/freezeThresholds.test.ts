import { describe, expect, it } from 'vitest';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { freezeThresholds } from '../../../worker/quantize/freezeThresholds.ts';
import { thresholdVariable } from '../../../worker/quantize/quantizerNodes.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { Net } from './nets.ts';

function quantizedNet() {
  const net = new Net();
  net.conv('c2', net.convRelu('c1', net.input()));
  return net.quantized().model.graph;
}

describe('QNT26 thresholds as constants in the graph', () => {
  it('QNT26 the frozen graph has the same table, with values', () => {
    const graph = quantizedNet();
    const values = new Map(thresholdVariables(graph).map(({ name }, index) => [name, Math.fround(index * 0.3 - 1)]));
    const frozen = freezeThresholds(graph, values);
    validateGraph(frozen);
    const expected = readQuantizers(graph).map((quantizer) => ({ ...quantizer, constantLog2: values.get(quantizer.threshold) }));
    expect(readQuantizers(frozen)).toEqual(expected);
  });

  it('QNT26 variables, assignments and initializers are gone, names stay', () => {
    const graph = quantizedNet();
    const frozen = freezeThresholds(graph, new Map(thresholdVariables(graph).map(({ name }) => [name, 0.5])));
    const ops = frozen.nodes.filter(({ name }) => name.includes('threshold')).map(({ op }) => op);
    expect(new Set(ops)).toEqual(new Set(['Const', 'Identity']));
    expect(frozen.node('c1/Relu_act_quant/threshold').attr('value')).toMatchObject({
      kind: 'tensor',
      value: { dtype: 'float32', shape: [] },
    });
    expect([...frozen.node('c1/Relu_act_quant/threshold').attrs.keys()].sort()).toEqual(['dtype', 'value']);
    expect(frozen.node('c1/weights').op).toBe('VariableV2');
  });

  it('QNT26 freezing twice changes nothing', () => {
    const graph = quantizedNet();
    const once = freezeThresholds(graph, new Map(thresholdVariables(graph).map(({ name }) => [name, 0.5])));
    const twice = freezeThresholds(once, new Map());
    expect(twice.nodes.every((node, index) => node === once.nodes[index]) && twice.nodes.length === once.nodes.length).toBe(true);
  });

  it('QNT26 a threshold without a value is an error that names it', () => {
    expect(() => freezeThresholds(quantizedNet(), new Map())).toThrow(
      expect.objectContaining({ code: 'threshold-missing', about: expect.stringMatching(/threshold$/) }),
    );
  });

  it('QNT26 a shared variable that lost all its members, as files of Graffitist have some, is dropped', () => {
    const orphan = 'k_act_quant_concat_merge/m_threshold';
    const lost = thresholdVariable(orphan, 'float32').map((spec) => GraphNode.make(spec));
    const graph = new Graph([...quantizedNet().nodes, ...lost]);
    const frozen = freezeThresholds(graph, new Map(thresholdVariables(graph).map(({ name }) => [name, 0])));
    expect(frozen.nodes.filter(({ name }) => name.startsWith(orphan))).toEqual([]);
    validateGraph(frozen);
  });

  it('QNT26 an init node that waited for the assignments no longer does', () => {
    const net = new Net();
    net.relu('r', net.input());
    const { graph } = net.quantized().model;
    const more = new Net();
    more.nodes.push({ name: 'init', op: 'NoOp', controls: ['input_inp_quant/threshold/Assign'] });
    const [init] = more.graph().nodes;
    const withInit = new Graph([...graph.nodes, ...(init ? [init] : [])]);
    const frozen = freezeThresholds(withInit, new Map([['input_inp_quant/threshold', 0]]));
    expect(frozen.node('init').inputs).toEqual([]);
    validateGraph(frozen);
  });
});
