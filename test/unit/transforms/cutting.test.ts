import { describe, expect, it } from 'vitest';
import { line, lines, Net, run } from './build.ts';

const FIX = 'fix_input_shape';

describe('fix_input_shape', () => {
  it('FIX1: sets the shape of every listed placeholder, and shapes follow', () => {
    const net = new Net();
    const end = net.conv('net/c', net.input('input', null), 3, 4);
    const { model } = run(net, [end], [FIX]);
    expect(model.graph.node('input').attr('shape')).toEqual({ kind: 'shape', value: [-1, 8, 8, 3] });
    expect(model.shapes.get(end)).toEqual([[-1, 8, 8, 4]]);
  });

  it('FIX1: refuses what is not a placeholder, or not there', () => {
    const net = new Net();
    const relu = net.math('relu', 'Relu', net.input());
    expect(() => run(net, [relu], [FIX], ['relu'])).toThrow(/'relu' is a Relu/);
    expect(() => run(net, [relu], [FIX], ['none'])).toThrow(/no node 'none'/);
  });

  it('FIX2: drops cached shapes, except on ResizeNearestNeighbor', () => {
    const cached = {
      _output_shapes: { kind: 'list', value: { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [[1, 2]] } },
    } as const;
    const net = new Net();
    net.input();
    net.add('relu', 'Relu', ['input'], { T: { kind: 'type', value: 'float32' }, ...cached });
    net.add('resize', 'ResizeNearestNeighbor', ['relu', net.ints('size', [4, 4])], cached);
    const { graph } = run(net, ['resize'], [FIX]).model;
    expect([graph.node('relu').attr('_output_shapes'), graph.node('resize').attr('_output_shapes')?.kind]).toEqual([undefined, 'list']);
  });

  it('FIX2: a shape that does not fit is an error that names the node', () => {
    const net = new Net();
    const end = net.conv('net/c', net.input('input', null), 5, 4);
    expect(() => run(net, [end], [FIX])).toThrow(/net\/c\/Conv2D/);
  });
});

describe('remove_training_nodes', () => {
  it('RTN1, RTN2: splices CheckNumerics and chains of Identity', () => {
    const net = new Net();
    const chain = net.math('i2', 'Identity', net.math('i1', 'Identity', net.add('check', 'CheckNumerics', [net.input()])));
    const { model, rules } = run(net, [net.math('end', 'Relu', chain)], ['remove_training_nodes']);
    expect(lines(model.graph)).toEqual(['input Placeholder', 'end Relu input']);
    expect(rules.toSorted()).toEqual(['RTN1', 'RTN2', 'RTN2']);
  });

  it('RTN3: outputs stay; patterns match from the start of a name and make outputs', () => {
    const net = new Net();
    for (const name of ['a/keep', 'keep', 'b/gone', 'out']) net.math(name, 'Identity', net.specs.length === 0 ? net.input() : 'input');
    const { model } = run(net, ['out'], ['remove_training_nodes(protected_node_patterns=[keep,a/.*])']);
    expect(model.graph.nodes.map((node) => node.name)).toEqual(['input', 'a/keep', 'keep', 'out']);
    expect(model.outputs).toEqual(['out', 'a/keep', 'keep']);
    expect(() => run(net, ['out'], ['remove_training_nodes(protected_node_patterns=[*])'])).toThrow(/regular expression/);
  });

  it('RTN4: an Identity at a control edge stays', () => {
    const net = new Net();
    net.math('waited', 'Identity', net.input());
    net.specs.push({ name: 'waits', op: 'Identity', inputs: ['input'], controls: ['waited'] });
    expect(run(net, [net.math('end', 'Relu', 'waits')], ['remove_training_nodes']).skipped).toEqual(['RTN4 waited', 'RTN4 waits']);
  });

  it('refuses an output that is not there', () => {
    const net = new Net();
    net.math('end', 'Relu', net.input());
    expect(() => run(net, ['none'], ['remove_training_nodes'])).toThrow(/none/);
  });
});

describe('strip_unused_nodes', () => {
  it('STR1: an input in the middle becomes a placeholder with its static shape; what came before it is gone', () => {
    const net = new Net();
    const middle = net.math('net/Relu', 'Relu', net.conv('net/c', net.input(), 3, 4));
    const end = net.math('net/end', 'Relu', middle);
    const fixed = run(net, [end], [FIX]).model;
    const { model, rules } = run(fixed.graph, [end], ['strip_unused_nodes'], [middle]);
    expect(lines(model.graph)).toEqual(['net/Relu Placeholder', 'net/end Relu net/Relu']);
    expect(rules).toEqual(['STR1', 'STR2']);
  });

  it('STR1: the placeholder keeps its shape in _output_shapes, where a later run finds it', () => {
    const net = new Net();
    const end = net.conv('net/c', net.input(), 3, 4);
    const { model } = run(net, [end], ['strip_unused_nodes']);
    expect(model.graph.node('input').attr('shape')).toBeUndefined();
    expect(model.shapes.get(end)).toEqual([[-1, 8, 8, 4]]);
  });

  it('STR1: takes given types, one per input', () => {
    const net = new Net();
    const end = net.math('end', 'Relu', net.input());
    const { model } = run(net, [end], ['strip_unused_nodes(placeholder_type_enum=[2])']);
    expect(model.graph.node('input').attr('dtype')).toEqual({ kind: 'type', value: 'float64' });
    expect(() => run(net, [end], ['strip_unused_nodes(placeholder_type_enum=[99])'])).toThrow(/element type/);
  });

  it('STR2: keeps what an output waits for', () => {
    const net = new Net();
    net.math('unused', 'Relu', net.input());
    net.math('waited', 'Relu', 'input');
    net.specs.push({ name: 'end', op: 'Relu', inputs: ['input'], controls: ['waited'] });
    expect(line(run(net, ['end'], ['strip_unused_nodes']).model.graph, 'end')).toBe('Relu input ^waited');
    expect(run(net, ['end'], ['strip_unused_nodes']).model.graph.has('unused')).toBe(false);
  });

  it('STR3: an input that no output depends on is gone with a warning; if there is no other, an error', () => {
    const net = new Net();
    const end = net.math('end', 'Relu', net.input());
    net.input('other');
    const { model, warned } = run(net, [end], ['strip_unused_nodes'], ['input', 'other']);
    expect([model.inputs, warned]).toEqual([['input'], ['STR3 other']]);
    expect(() => run(net, [end], ['strip_unused_nodes'], ['other'])).toThrow(/do not depend/);
    expect(() => run(net, ['nowhere'], ['strip_unused_nodes'])).toThrow(/output node 'nowhere'/);
  });
});
