import type { Shape } from '../../formats/tensor.ts';
import type { Edge, Graph, GraphNode, NodeSpec } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { dtypeOf } from '../nodes.ts';
import { Rewrite } from '../rewrite.ts';
import type { Change, Skip, Warning } from '../transform.ts';

/** One sub-step of preprocess_layers: reads `step.graph`, edits through `step`. */
export type SubStep = (step: Step) => void;

/** What preprocess_layers reports, gathered over its sub-steps. */
export interface Report {
  readonly changes: Change[];
  readonly skipped: Skip[];
  readonly warnings: Warning[];
}

/** The graph as a sub-step finds it, and its edits. Nodes of `graph` may already have been edited: `find` shows them as they stand. */
export class Step {
  readonly graph: Graph;
  /** Leave SAME average pools alone where a convolution would change their numbers. */
  readonly exactPooling: boolean;
  /** There is no graph of the original to follow. */
  readonly refused: boolean;
  readonly #rewrite: Rewrite;
  readonly #shapes: Model['shapes'];
  readonly #outputs: ReadonlySet<string>;
  readonly #report: Report;

  constructor(graph: Graph, model: Pick<Model, 'shapes' | 'outputs'>, choices: Pick<Step, 'exactPooling' | 'refused'>, report: Report) {
    this.graph = graph;
    this.exactPooling = choices.exactPooling;
    this.refused = choices.refused;
    this.#rewrite = new Rewrite(graph);
    this.#shapes = model.shapes;
    this.#outputs = new Set(model.outputs);
    this.#report = report;
  }

  finish(): Graph {
    return this.#rewrite.finish();
  }

  find(name: string): GraphNode | undefined {
    return this.#rewrite.find(name);
  }

  /** Static shape of a tensor of `graph`. */
  shapeOf(edge: Edge): Shape {
    return this.#shapes.get(edge.node)?.[edge.port] ?? null;
  }

  isOutput(node: GraphNode): boolean {
    return this.#outputs.has(node.name);
  }

  add(spec: NodeSpec): Edge {
    return { node: this.#rewrite.add(spec), port: 0 };
  }

  replace(node: GraphNode): void {
    this.#rewrite.replace(node);
  }

  /**
   * `node` goes and its readers read `result`. An output keeps its name on an Identity of `result`; with `view`, whatever it is, the
   * node stays as that op over `result` and its readers go on reading it. Answers the names that stayed.
   */
  becomes(node: GraphNode, result: Edge, view?: Pick<NodeSpec, 'op' | 'attrs'>): string[] {
    const op = view?.op ?? 'Identity';
    if (view === undefined) this.#rewrite.redirect({ node: node.name, port: 0 }, result);
    this.#rewrite.remove(node.name);
    if (view === undefined && !this.isOutput(node)) return [];
    this.#rewrite.add({ name: node.name, op, inputs: [result], attrs: { T: { kind: 'type', value: dtypeOf(node) }, ...view?.attrs } });
    if (this.isOutput(node)) this.change('PRE8', `Output ${node.name} keeps its name`, [node.name], [node.name]);
    return [node.name];
  }

  /** Removes a node that nothing but `reader` reads. */
  removeUnread(name: string, reader: GraphNode): void {
    const node = this.find(name);
    if (node === undefined || this.isOutput(node) || this.graph.controlUses(name).length > 0) return;
    if (this.graph.uses(name).every((use) => use.consumer.name === reader.name || this.find(use.consumer.name) === undefined))
      this.#rewrite.remove(name);
  }

  change(rule: string, summary: string, before: readonly string[], after: readonly string[]): void {
    this.#report.changes.push({ rule, summary, before, after });
  }

  skip(rule: string, node: GraphNode, reason: string, remedy: string): void {
    this.#report.skipped.push({ rule, node: node.name, reason, remedy });
  }

  warn(rule: string, node: GraphNode, text: string): void {
    this.#report.warnings.push({ rule, node: node.name, text });
  }
}
