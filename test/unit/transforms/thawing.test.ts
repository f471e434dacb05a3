import { describe, expect, it } from 'vitest';
import { listedVariables } from '../../../worker/formats/metaGraph.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { isVariable, readVariables } from '../../../worker/graph/variables.ts';
import { trainableVariables } from '../../../worker/train/plan.ts';
import { lines, Net, run } from './build.ts';

const float = { kind: 'type', value: 'float32' } as const;

/** conv → plus a bias → relu → depthwise → batch norm → plus another branch, with a factor that is no parameter. */
function network(): Net {
  const net = new Net();
  const x = net.input();
  const conv = net.conv('a', x, 3, 4);
  const sum = net.math('a/add', 'Add', net.weights('a/bias', [4]), conv);
  const relu = net.math('a/Relu', 'Relu', sum);
  const read = net.math('b/read', 'Identity', net.weights('b/depthwise_weights_stored', [3, 3, 4, 1]));
  net.depthwise('b', relu, 4);
  net.specs.splice(
    net.specs.findIndex(({ name }) => name === 'b/depthwise_weights'),
    1,
  );
  const at = net.specs.findIndex(({ name }) => name === 'b/depthwise');
  net.specs[at] = { ...(net.specs[at] as (typeof net.specs)[number]), inputs: [relu, read] };
  const norm = net.smallBatchNorm('b', 'b/depthwise', 4);
  net.math('joined', 'Add', norm, relu);
  net.math('end', 'Mul', 'joined', net.weights('factor', [4]));
  return net;
}

const TRAINED = ['a/weights', 'a/bias', 'b/depthwise_weights_stored', 'b/BatchNorm/gamma', 'b/BatchNorm/beta'];
const STATISTICS = ['b/BatchNorm/moving_mean', 'b/BatchNorm/moving_variance'];

describe('thaw_graph', () => {
  it('TRN20, TRN22: weights through their reads, biases by what they are added to, batch norms in small ops; nothing else', () => {
    const { model, rules } = run(network(), ['end'], ['thaw_graph']);
    const variables = model.graph.nodes.filter(isVariable).map(({ name }) => name);
    expect(variables.sort()).toEqual([...TRAINED, ...STATISTICS].sort());
    expect([...trainableVariables(model)].sort()).toEqual([...TRAINED].sort());
    expect(new Set(rules)).toEqual(new Set(['TRN20']));
    expect(model.graph.node('factor').op).toBe('Const');
  });

  it('TRN20: values go with the model, and freezing brings the graph back', async () => {
    const net = network();
    const { model } = run(net, ['end'], ['thaw_graph']);
    const values = await readVariables(model);
    const original = net.graph().node('a/bias').attr('value');
    expect(original?.kind === 'tensor' && original.value).toEqual(values.get('a/bias'));
    expect(lines(model.graph).filter((line) => !/ (Const|VariableV2)/.test(line))).toEqual(
      lines(run(net, ['end'], ['strip_unused_nodes']).model.graph).filter((line) => !/ Const/.test(line)),
    );
  });

  it('TRN21: a graph that has variables keeps them listed as they were', () => {
    const net = new Net();
    const x = net.input();
    net.add('v', 'VariableV2', [], { dtype: float, shape: { kind: 'shape', value: [3, 3, 3, 4] } });
    net.add('counter', 'VariableV2', [], { dtype: float, shape: { kind: 'shape', value: [] } });
    net.math('counted', 'AssignAdd', 'counter', net.scalar('one', 1));
    net.conv('a', x, 3, 4);
    const at = net.specs.findIndex(({ name }) => name === 'a/Conv2D');
    net.specs[at] = { ...(net.specs[at] as (typeof net.specs)[number]), inputs: [x, 'v'] };
    net.bias('a', 'a/Conv2D', 4);
    const { model } = run(net, ['a/BiasAdd'], ['thaw_graph']);
    const listed = (name: string) => listedVariables(model.meta?.collections.get(name)).map(({ variable }) => variable);
    expect(listed('variables')).toEqual(['v:0', 'counter:0', 'a/biases:0']);
    expect(listed('trainable_variables')).toEqual(['v:0', 'a/biases:0']);
  });

  it('TRN21: an evaluation graph with variables and no collections: means and variances are not trained', () => {
    const net = new Net();
    const relu = net.math('a/Relu', 'Relu', net.smallBatchNorm('a', net.conv('a', net.input(), 3, 4), 4));
    for (const [at, spec] of net.specs.entries()) {
      if (!/(weights|gamma|beta|moving_mean|moving_variance)$/.test(spec.name)) continue;
      const shape = spec.name.endsWith('weights') ? [3, 3, 3, 4] : [4];
      net.specs[at] = { name: spec.name, op: 'VariableV2', inputs: [], attrs: { dtype: float, shape: { kind: 'shape', value: shape } } };
    }
    const { model, rules } = run(net, [relu], ['thaw_graph']);
    expect(rules).toEqual(['TRN21', 'TRN21']);
    expect([...trainableVariables(model)].sort()).toEqual(['a/BatchNorm/beta', 'a/BatchNorm/gamma', 'a/weights']);
  });

  it('TRN19: constants that are no float32 stay, with the reason', () => {
    const net = new Net();
    net.add('input', 'Placeholder', [], { dtype: { kind: 'type', value: 'float64' }, shape: { kind: 'shape', value: [-1, 3] } });
    const value = makeTensor('float64', [3, 2], [1, 2, 3, 4, 5, 6]);
    net.add('w', 'Const', [], { dtype: { kind: 'type', value: 'float64' }, value: { kind: 'tensor', value } });
    net.add('end', 'MatMul', ['input', 'w'], { T: { kind: 'type', value: 'float64' } });
    const { model, skipped } = run(net, ['end'], ['thaw_graph']);
    expect(skipped).toEqual(['TRN19 w']);
    expect(model.graph.node('w').op).toBe('Const');
  });
});
