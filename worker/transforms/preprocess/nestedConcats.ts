import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { Edge, GraphNode } from '../../graph/graph.ts';
import type { Step, SubStep } from './step.ts';

/** PRE5: a concat that reads concats along the same axis reads their inputs instead: all of them then share one scale. */
export const nestedConcats: SubStep = (step) => {
  for (const { name } of step.graph.nodes) {
    const outer = step.find(name);
    if (outer?.op !== 'ConcatV2') continue;
    const inner = outer.edges.slice(0, -1).map((edge) => inlined(step, outer, edge));
    if (inner.every((found) => found === undefined)) continue;

    const inputs = outer.edges.slice(0, -1).flatMap((edge, slot) => inner[slot]?.edges.slice(0, -1) ?? [edge]);
    step.replace(outer.with({ inputs: [...inputs, ...outer.edges.slice(-1)], attrs: { N: { kind: 'int', value: inputs.length } } }));
    const gone = [...new Set(inner.filter((found) => found !== undefined))];
    for (const concat of gone) {
      step.removeUnread(concat.name, step.graph.node(name));
      const axis = concat.edges.at(-1);
      if (axis !== undefined && axis.node !== outer.edges.at(-1)?.node) step.removeUnread(axis.node, concat);
    }
    const before = gone.map((concat) => concat.name);
    step.change('PRE5', `${before.join(', ')} merged into ${name}`, [...before, name], [name]);
  }
};

/** The concat behind `edge` where its inputs may take its place. */
function inlined(step: Step, outer: GraphNode, edge: Edge): GraphNode | undefined {
  const inner = step.find(edge.node);
  if (inner?.op !== 'ConcatV2' || axisOf(step, inner) === undefined || axisOf(step, inner) !== axisOf(step, outer)) return undefined;
  const other = step.graph.uses(inner.name).find((use) => use.consumer.name !== outer.name)?.consumer.name;
  if (other === undefined && !step.isOutput(inner)) return inner;
  const reason = other === undefined ? 'it is an output of the graph' : `${other} reads it too`;
  step.skip('PRE5', inner, `it is not merged into ${outer.name}: ${reason}`, 'No harm: it gets a scale of its own.');
  return undefined;
}

function axisOf(step: Step, concat: GraphNode): number | undefined {
  const axis = step.find(concat.edges.at(-1)?.node ?? '');
  const value = axis?.op === 'Const' ? axis.attr('value') : undefined;
  return value?.kind === 'tensor' ? tensorNumbers(value.value)[0] : undefined;
}
