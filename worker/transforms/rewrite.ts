import { type Edge, edgeText, Graph, GraphEditor, type GraphNode, type NodeSpec } from '../graph/graph.ts';

/**
 * Collects the edits of one sub-step: nodes come, go and change, and tensors are redirected: whoever read the one reads the other.
 * Redirections are carried out once, at the end, for all readers together, so that a sub-step costs what the graph costs.
 */
export class Rewrite {
  readonly #base: Graph;
  readonly #editor: GraphEditor;
  readonly #redirects = new Map<string, Edge>();
  readonly #removed = new Set<string>();

  constructor(graph: Graph) {
    this.#base = graph;
    this.#editor = new GraphEditor(graph);
  }

  /** The node as it now stands, edits included. */
  find(name: string): GraphNode | undefined {
    return this.#editor.find(name);
  }

  /** New nodes stand behind the old ones. @throws GraffitistError `graph-duplicate-name` */
  add(spec: NodeSpec | GraphNode): string {
    return this.#editor.add(spec).name;
  }

  /** Puts `node` in the place of the one of its name. */
  replace(node: GraphNode): void {
    this.#editor.replace(node);
  }

  /** Takes the node to the end of the list, behind what was added before. */
  moveToEnd(node: GraphNode): void {
    this.#editor.remove(node.name);
    this.#editor.add(node);
  }

  /** Its readers must be redirected or go too; whoever only waited for it waits for the node that its output was redirected to. */
  remove(name: string): void {
    this.#removed.add(name);
    this.#editor.remove(name);
  }

  /** Every reader of `from` reads `to`. */
  redirect(from: Edge, to: Edge): void {
    this.#redirects.set(edgeText(from), to);
  }

  /** The edited graph; the same one where nothing was edited. */
  finish(): Graph {
    const edited = this.#editor.graph();
    const nodes = edited.nodes.map((node) => this.#reconnected(node));
    const same = nodes.length === this.#base.nodes.length && nodes.every((node, i) => node === this.#base.nodes[i]);
    return same ? this.#base : new Graph(nodes, edited.envelope);
  }

  #reconnected(node: GraphNode): GraphNode {
    const data = node.edges.some((edge) => this.#redirects.has(edgeText(edge)));
    const control = node.controls.some((name) => this.#removed.has(name));
    if (!data && !control) return node;
    return node.with({
      ...(data ? { inputs: node.edges.map((edge) => this.#resolve(edge)) } : {}),
      ...(control ? { controls: this.#controls(node) } : {}),
    });
  }

  #controls(node: GraphNode): string[] {
    const kept = node.controls.map((name) => (this.#removed.has(name) ? this.#resolve({ node: name, port: 0 }).node : name));
    return [...new Set(kept)].filter((name) => !this.#removed.has(name) && name !== node.name);
  }

  /** Follows redirections to their end. */
  #resolve(edge: Edge): Edge {
    const seen = new Set<string>();
    let current = edge;
    for (;;) {
      const text = edgeText(current);
      const next = this.#redirects.get(text);
      if (next === undefined || seen.has(text)) return current;
      seen.add(text);
      current = next;
    }
  }
}
