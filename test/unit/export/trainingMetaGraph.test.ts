import { expect, it } from 'vitest';
import { trainingMetaGraph } from '../../../worker/export/trainingMetaGraph.ts';
import { listedVariables } from '../../../worker/formats/metaGraph.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { quantizerNodes, thresholdVariable } from '../../../worker/quantize/quantizerNodes.ts';

const T = { T: { kind: 'type', value: 'float32' } } as const;

/** A trained variable, one that is updated, and a quantizer on the first. */
function graph(): Graph {
  const specs = [
    ...thresholdVariable('net/moving_mean', 'float32'),
    { name: 'net/update', op: 'AssignSub', inputs: ['net/moving_mean', 'net/moving_mean/read'], attrs: T },
    ...thresholdVariable('net/weights', 'float32'),
    ...quantizerNodes({
      ...{ scope: 'net/weights_weight_quant', source: 'net/weights/read', rounding: 'round', dtype: 'float32' },
      ...{ bits: 8, signed: true, training: true },
    }),
  ];
  return new Graph(specs.map((spec) => GraphNode.make(spec)));
}

it('EXP9: a graph without collections lists its variables; what is updated is not trained, thresholds are', () => {
  const { meta } = openGraphBytes(trainingMetaGraph({ graph: graph(), meta: null }), 'x.meta');
  const names = (collection: string) => listedVariables(meta?.collections.get(collection)).map(({ variable }) => variable);
  const threshold = 'net/weights_weight_quant/threshold:0';
  expect(names('variables')).toEqual(['net/moving_mean:0', 'net/weights:0', threshold]);
  expect(names('trainable_variables')).toEqual(['net/weights:0', threshold]);
  expect(listedVariables(meta?.collections.get('variables'))[1]).toMatchObject({
    initialValue: 'net/weights/Initializer/Const:0',
    initializer: 'net/weights/Assign',
    snapshot: 'net/weights/read:0',
  });
});

it('EXP8: entries whose nodes are gone are left out of restored collections, and thresholds are not listed twice', () => {
  const once = openGraphBytes(trainingMetaGraph({ graph: graph(), meta: null }), 'x.meta');
  const less = new Graph(once.graph.nodes.filter(({ name }) => name !== 'net/update'));
  const losses = { kind: 'nodes', values: ['net/gone:0', 'net/weights/read:0'] } as const;
  const meta = once.meta && { ...once.meta, collections: new Map([...once.meta.collections, ['losses', losses] as const]) };
  const again = openGraphBytes(trainingMetaGraph({ graph: less, meta }), 'x.meta');
  expect(again.meta?.collections.get('losses')).toEqual({ kind: 'nodes', values: ['net/weights/read:0'] });
  expect(again.meta?.collections.get('variables')).toEqual(once.meta?.collections.get('variables'));
  expect(again.graph.nodes).toHaveLength(once.graph.nodes.length - 1);
});
