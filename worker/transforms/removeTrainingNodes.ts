import { GraffitistError } from '../errors.ts';
import { list } from './options.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, OptionValue, Skip, Transform } from './transform.ts';

/** Takes out what only training needs: CheckNumerics, and Identity nodes that no control edge touches. */
export const removeTrainingNodes: Transform = {
  name: 'remove_training_nodes',
  summary: 'Remove nodes that only training needs: CheckNumerics and Identity.',
  options: {
    protected_node_patterns: list('Regular expressions; nodes whose names begin with a match stay, and count as outputs from here on.'),
  },
  after: [],
  notAfter: ['preprocess_layers'],
  apply(model, options) {
    const { graph } = model;
    const patterns = compile(options.protected_node_patterns ?? []);
    const matched = graph.nodes.filter((node) => patterns.some((pattern) => pattern.test(node.name))).map((node) => node.name);
    const outputs = [...new Set([...model.outputs, ...matched])];
    const kept = new Set(outputs);
    for (const name of model.outputs) graph.node(name);

    const rewrite = new Rewrite(graph);
    const changes: Change[] = [];
    const skipped: Skip[] = [];
    for (const node of graph.nodes) {
      const [source] = node.edges;
      if (source === undefined || kept.has(node.name)) continue;
      const waits = node.op === 'Identity' && (node.controls.length > 0 || graph.controlUses(node.name).length > 0);
      if (waits) {
        skipped.push({ rule: 'RTN4', node: node.name, reason: 'a control edge begins or ends at this Identity', remedy: undefined });
      } else if (node.op === 'Identity' || node.op === 'CheckNumerics') {
        rewrite.redirect({ node: node.name, port: 0 }, source);
        rewrite.remove(node.name);
        changes.push({
          rule: node.op === 'Identity' ? 'RTN2' : 'RTN1',
          summary: `${node.op} ${node.name} removed`,
          before: [node.name],
          after: [],
        });
      }
    }
    return { model: { ...model, graph: rewrite.finish(), outputs }, changes, skipped, warnings: [] };
  },
};

/** Anchored at the start of the name, not at its end. */
function compile(patterns: OptionValue): RegExp[] {
  return (Array.isArray(patterns) ? patterns : []).map((pattern) => {
    try {
      return new RegExp(`^(?:${pattern})`);
    } catch {
      throw new GraffitistError('option-invalid', `'${pattern}' is not a regular expression.`, { about: 'protected_node_patterns' });
    }
  });
}
