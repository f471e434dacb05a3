import { describe, expect, it } from 'vitest';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { evaluationForm } from '../../../worker/transforms/evaluationForm.ts';
import { line, Net } from './build.ts';

const T: AttrValue = { kind: 'type', value: 'float32' };

function modelOf(net: Net, output: string): Model {
  const inputs = { inputs: ['input'], inputShape: [8, 8, 3], shapes: new Map() };
  return { graph: net.graph(), variables: noVariables, outputs: [output], ...inputs };
}

/** x −= (x − batch) · share, as assign_moving_average writes it. */
function update(net: Net, scope: string, variable: string, batch: string): string {
  net.math(`${scope}/sub_1`, 'Sub', variable, batch);
  net.math(`${scope}/mul`, 'Mul', `${scope}/sub_1`, net.scalar(`${scope}/sub`, 0.1));
  return net.math(scope, 'AssignSub', variable, `${scope}/mul`);
}

/** A batch norm in training mode, its updates under `scopes`. */
function trained(scopes: readonly [string, string], relu: readonly string[] = []): Net {
  const net = new Net();
  const bn = net.batchNorm('c', net.conv('c', net.input(), 3, 4), 4, 'FusedBatchNorm', true);
  update(net, scopes[0], 'c/BatchNorm/moving_mean', `${bn}:1`);
  update(net, scopes[1], 'c/BatchNorm/moving_variance', `${bn}:2`);
  net.add('c/Relu', 'Relu', [bn, ...relu], { T });
  return net;
}

describe('evaluation form', () => {
  it.each([
    ['named as slim names them', ['c/BatchNorm/AssignMovingAvg', 'c/BatchNorm/AssignMovingAvg_1'] as const],
    ['of any name', ['c/updates/mean', 'c/updates/variance'] as const],
  ])('RET1: a batch norm reads its moving statistics, and updates %s go with whoever waited for them', (_, scopes) => {
    const { model, changes } = evaluationForm(
      modelOf(
        trained(
          scopes,
          scopes.map((scope) => `^${scope}`),
        ),
        'c/Relu',
      ),
    );
    expect(line(model.graph, 'c/BatchNorm/FusedBatchNorm')).toBe(
      'FusedBatchNorm c/Conv2D c/BatchNorm/gamma c/BatchNorm/beta c/BatchNorm/moving_mean c/BatchNorm/moving_variance',
    );
    expect(model.graph.node('c/BatchNorm/FusedBatchNorm').attr('is_training')).toEqual({ kind: 'bool', value: false });
    expect(model.graph.nodes.filter(({ op }) => op === 'AssignSub')).toEqual([]);
    expect(model.graph.node('c/Relu').controls).toEqual([]);
    expect(changes.map(({ rule }) => rule)).toEqual(['RET1']);
  });

  it('RET1: a batch norm in small ops reads them in the place of the mean over the batch', () => {
    const net = new Net();
    const x = net.conv('c', net.input(), 3, 4);
    net.smallBatchNorm('c', x, 4);
    const mean = net.mean('c/moments/mean', x, [0, 1, 2], false);
    const variance = net.mean(
      'c/moments/variance',
      net.math('c/moments/SquaredDifference', 'SquaredDifference', x, mean),
      [0, 1, 2],
      false,
    );
    const batch = new Map([
      ['c/batchnorm/add', ['c/BatchNorm/moving_variance', variance]],
      ['c/batchnorm/mul_2', ['c/BatchNorm/moving_mean', mean]],
    ]);
    for (const [at, spec] of net.specs.entries()) {
      const [from, to = ''] = batch.get(spec.name) ?? [];
      net.specs[at] = { ...spec, inputs: (spec.inputs ?? []).map((input) => (input === from ? to : input)) };
    }
    update(net, 'c/AssignMovingAvg', 'c/BatchNorm/moving_mean', mean);
    update(net, 'c/AssignMovingAvg_1', 'c/BatchNorm/moving_variance', variance);
    const { graph } = evaluationForm(modelOf(net, 'c/batchnorm/add_1')).model;
    expect(line(graph, 'c/batchnorm/mul_2')).toBe('Mul c/BatchNorm/moving_mean c/batchnorm/mul');
    expect(line(graph, 'c/batchnorm/add')).toBe('Add c/BatchNorm/moving_variance c/batchnorm/add/y');
  });

  it('RET1: an evaluation graph stays the very same', () => {
    const net = new Net();
    const model = modelOf(net, net.batchNorm('c', net.conv('c', net.input(), 3, 4), 4));
    expect(evaluationForm(model)).toEqual({ model, changes: [] });
    expect(evaluationForm(model).model).toBe(model);
  });

  it('RET2: a batch norm that keeps no moving statistics is named', () => {
    const net = new Net();
    const bn = net.batchNorm('c', net.conv('c', net.input(), 3, 4), 4, 'FusedBatchNorm', true);
    expect(() => evaluationForm(modelOf(net, bn))).toThrowError(expect.objectContaining({ code: 'op-training', about: bn }));
  });

  it('RET3: random numbers that the output depends on are named, those of initializers are not', () => {
    const net = new Net();
    const noise = net.add('dropout/random_uniform', 'RandomUniform', [net.ints('dropout/Shape', [1, 8, 8, 3])], { dtype: T });
    net.math('dropout/mul', 'Mul', net.input(), noise);
    net.math('c/Relu', 'Relu', 'input');
    expect(() => evaluationForm(modelOf(net, 'dropout/mul'))).toThrowError(expect.objectContaining({ code: 'op-training', about: noise }));
    expect(evaluationForm(modelOf(net, 'c/Relu')).changes).toEqual([]);
  });
});
