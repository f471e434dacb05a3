import { Graph } from './graph.ts';
import { descendants } from './reach.ts';

/** Ops that do something besides computing their outputs. */
const EFFECT =
  /Assign|Save|Restore|Merge.*Checkpoints|Assert|Print|Summary|Queue|Stack|Barrier|TensorArray|Write|Delete|Scatter|Apply|Iterator|Dataset|LookupTable|Initialize|If$|While$|Case$|Call$/;

/**
 * Without control edges that wait for nothing: functions make their results wait for every read of a variable, so that later updates
 * cannot overtake. An edge stays where what it waits for, or anything behind that, has an effect.
 *
 * @param among names of the nodes whose control inputs are looked at
 */
export function dropIdleControls(graph: Graph, among: ReadonlySet<string>): Graph {
  const effects = graph.nodes.filter(({ op }) => EFFECT.test(op)).map(({ name }) => name);
  const awaited = descendants(graph, effects, { controls: true });
  return new Graph(
    graph.nodes.map((node) => {
      if (!among.has(node.name) || node.controls.every((name) => awaited.has(name))) return node;
      return node.with({ controls: node.controls.filter((name) => awaited.has(name)) });
    }),
    graph.envelope,
  );
}
