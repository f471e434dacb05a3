import type { Graph } from '../graph/graph.ts';
import { scaledLayer } from './foldInplace/arithmetic.ts';
import { type ConstantBatchNorm, constantBatchNorm, INPLACE_BATCH_NORMS } from './foldInplace/constantBatchNorm.ts';
import { constant } from './nodes.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, Skip, Transform } from './transform.ts';

/** Like `fold_batch_norms`, with numbers in the place of nodes: it works on constants only and changes the weights themselves. */
export const foldBatchNormsInplace: Transform = {
  name: 'fold_batch_norms_inplace',
  summary: 'Multiply batch normalization into the constant weights of the convolution before it.',
  options: {},
  after: ['freeze_graph'],
  notAfter: [],
  apply(model) {
    const { graph } = model;
    const rewrite = new Rewrite(graph);
    const changes: Change[] = [];
    const skipped: Skip[] = [];
    const outputs = new Set(model.outputs);
    const folded = new Set<string>();
    for (const node of graph.nodes) {
      if (!INPLACE_BATCH_NORMS.has(node.op)) continue;
      const match = constantBatchNorm(graph, node, outputs);
      if ('reason' in match) skipped.push({ node: node.name, ...match });
      else {
        folded.add(node.name);
        changes.push(fold(match, rewrite));
      }
    }
    for (const name of statisticsOf(graph, folded)) {
      const read = graph.uses(name).some(({ consumer }) => !folded.has(consumer.name)) || graph.controlUses(name).length > 0;
      if (!read && !outputs.has(name)) rewrite.remove(name);
    }
    return { model: { ...model, graph: rewrite.finish() }, changes, skipped, warnings: [] };
  },
};

/** FBI1: weights times scale per output channel; the offset is a new constant, and its BiasAdd takes the batch norm's name. */
function fold(match: ConstantBatchNorm, rewrite: Rewrite): Change {
  const { bn, conv, weights } = match;
  const { weights: scaled, offset } = scaledLayer(match);
  const offsetName = `${conv.name}_bn_offset`;
  rewrite.moveToEnd(weights.with({ attrs: { value: { kind: 'tensor', value: scaled } } }));
  rewrite.moveToEnd(conv);
  rewrite.add(constant(offsetName, offset));
  const format = conv.attr('data_format');
  const T = conv.attr('T');
  rewrite.moveToEnd(
    bn.with({
      op: 'BiasAdd',
      inputs: [conv.name, offsetName],
      attrs: {
        ...Object.fromEntries([...bn.attrs.keys()].filter((name) => name !== '_output_shapes').map((name) => [name, undefined])),
        ...(T === undefined ? {} : { T }),
        ...(format === undefined ? {} : { data_format: format }),
      },
    }),
  );
  return {
    rule: 'FBI1',
    summary: `Batch norm ${bn.name} multiplied into ${weights.name}`,
    before: [weights.name, conv.name, bn.name],
    after: [weights.name, conv.name, offsetName, bn.name],
  };
}

/** Constants that folded batch norms read. */
function statisticsOf(graph: Graph, folded: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    [...folded].flatMap((name) =>
      graph
        .node(name)
        .edges.slice(1)
        .map(({ node }) => node),
    ),
  );
}
