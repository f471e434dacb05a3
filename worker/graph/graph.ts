import { GraffitistError } from '../errors.ts';
import { decodeAttr, encodeAttr } from '../formats/attrCodec.ts';
import type { AttrValue } from '../formats/attrValue.ts';
import type { NodeDef } from '../formats/nodeDef.ts';

/** One data input: output `port` of node `node`. */
export interface Edge {
  readonly node: string;
  readonly port: number;
}

/** One use of a node's output: `consumer` reads `port` in its data input `slot`. */
export interface Use {
  readonly consumer: GraphNode;
  readonly slot: number;
  readonly port: number;
}

/** What a new node is made from. */
export interface NodeSpec {
  readonly name: string;
  readonly op: string;
  readonly inputs?: readonly (Edge | string)[];
  readonly controls?: readonly string[];
  readonly device?: string;
  readonly attrs?: Readonly<Record<string, AttrValue>>;
}

/** A node of a graph: immutable; attributes decode on first use and are kept. */
export class GraphNode implements NodeDef {
  readonly name: string;
  readonly op: string;
  readonly device: string;
  readonly raw: Uint8Array | undefined;
  /** Input strings as written in the file. */
  readonly inputs: readonly string[];
  readonly #def: NodeDef;
  #decoded: Map<string, AttrValue> | undefined;
  #edges: readonly Edge[] | undefined;
  #controls: readonly string[] | undefined;

  /** @param decoded attributes that are decoded already */
  constructor(def: NodeDef, decoded?: Map<string, AttrValue>) {
    this.#decoded = decoded;
    this.name = def.name;
    this.op = def.op;
    this.device = def.device;
    this.raw = def.raw;
    this.inputs = def.inputs;
    this.#def = def;
  }

  /** A node that no file holds yet. An input given as a string is read as in a file (`name` or `name:port`). */
  static make(spec: NodeSpec): GraphNode {
    const data = (spec.inputs ?? []).map((input) => (typeof input === 'string' ? input : edgeText(input)));
    const controls = (spec.controls ?? []).map((name) => `^${name}`);
    const attrs = new Map<string, Uint8Array>();
    const decoded = new Map<string, AttrValue>();
    for (const [name, value] of Object.entries(spec.attrs ?? {})) {
      attrs.set(name, encodeAttr(value));
      if (value.kind === 'type' || value.kind === 'bool') decoded.set(name, value);
    }
    const inputs = controls.length === 0 ? data : [...data, ...controls];
    return new GraphNode({ name: spec.name, op: spec.op, inputs, device: spec.device ?? '', attrs, raw: undefined }, decoded);
  }

  /** Encoded attributes by name, in the file's order. */
  get attrs(): ReadonlyMap<string, Uint8Array> {
    return this.#def.attrs;
  }

  /** Data inputs in slot order. */
  get edges(): readonly Edge[] {
    this.#edges ??= this.inputs.filter((input) => !input.startsWith('^')).map(parseEdge);
    return this.#edges;
  }

  /** Names of the nodes that must have run before this one. */
  get controls(): readonly string[] {
    this.#controls ??= this.inputs.filter((input) => input.startsWith('^')).map((input) => input.slice(1));
    return this.#controls;
  }

  /** The decoded attribute, or undefined where the node has none of that name. */
  attr(name: string): AttrValue | undefined {
    const known = this.#decoded?.get(name);
    if (known !== undefined) return known;
    const bytes = this.attrs.get(name);
    if (bytes === undefined) return undefined;
    const value = decodeAttr(bytes, this.name, name);
    this.#decoded ??= new Map();
    this.#decoded.set(name, value);
    return value;
  }

  /** A copy with some parts replaced; attributes in `attrs` are added or replace those of the same name, `undefined` removes. */
  with(changes: {
    readonly name?: string;
    readonly op?: string;
    readonly inputs?: readonly (Edge | string)[];
    readonly controls?: readonly string[];
    readonly attrs?: Readonly<Record<string, AttrValue | undefined>>;
  }): GraphNode {
    const def = {
      name: changes.name ?? this.name,
      op: changes.op ?? this.op,
      inputs: changes.inputs === undefined && changes.controls === undefined ? this.inputs : this.#inputsWith(changes),
      device: this.device,
      raw: undefined,
    };
    // Attributes that stay are shared, what was decoded of them too.
    if (changes.attrs === undefined) return new GraphNode({ ...def, attrs: this.attrs }, this.#decoded);
    const attrs = new Map(this.attrs);
    for (const [name, value] of Object.entries(changes.attrs)) {
      if (value === undefined) attrs.delete(name);
      else attrs.set(name, encodeAttr(value));
    }
    return new GraphNode({ ...def, attrs });
  }

  #inputsWith(changes: { readonly inputs?: readonly (Edge | string)[]; readonly controls?: readonly string[] }): readonly string[] {
    const data = (changes.inputs ?? this.edges).map((input) => (typeof input === 'string' ? input : edgeText(input)));
    return [...data, ...(changes.controls ?? this.controls).map((name) => `^${name}`)];
  }
}

/** `name` or `name:port`, as a file writes it. */
export function edgeText(edge: Edge): string {
  return edge.port === 0 ? edge.node : `${edge.node}:${edge.port}`;
}

/** Reads `name` or `name:port`. */
export function parseEdge(text: string): Edge {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || !/^\d+$/.test(text.slice(colon + 1))) return { node: text, port: 0 };
  return { node: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
}

/** Everything of a GraphDef message that is not a node (versions, library, unknown fields): encoded, as the file had it. */
export interface GraphEnvelope {
  readonly rest: readonly Uint8Array[];
  /** The opened file and the bytes of its nodes in order: as long as a graph has exactly these nodes, saving gives the same file. */
  readonly origin?: { readonly bytes: Uint8Array; readonly raws: readonly (Uint8Array | undefined)[] };
}

/** A graph is a value: nobody changes one that another holds. Edits go through `GraphEditor`. */
export class Graph {
  readonly nodes: readonly GraphNode[];
  readonly envelope: GraphEnvelope;
  readonly #byName: ReadonlyMap<string, GraphNode>;
  #uses: Map<string, Use[]> | undefined;
  #controlUses: Map<string, GraphNode[]> | undefined;

  /** @throws GraffitistError `graph-duplicate-name` */
  constructor(nodes: readonly GraphNode[], envelope: GraphEnvelope = { rest: [] }) {
    const byName = new Map<string, GraphNode>();
    for (const node of nodes) {
      if (byName.has(node.name)) {
        throw new GraffitistError('graph-duplicate-name', `Duplicate node names detected for '${node.name}'.`, {
          about: node.name,
          remedy: 'Rename one of the two nodes.',
        });
      }
      byName.set(node.name, node);
    }
    this.nodes = nodes;
    this.envelope = envelope;
    this.#byName = byName;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  find(name: string): GraphNode | undefined {
    return this.#byName.get(name);
  }

  /** @throws GraffitistError `node-missing` */
  node(name: string): GraphNode {
    const node = this.#byName.get(name);
    if (node === undefined) {
      throw new GraffitistError('node-missing', `No node named '${name}' found in the graph.`, { about: name });
    }
    return node;
  }

  /** The node behind data input `slot` of `node`. @throws GraffitistError `node-missing` */
  input(node: GraphNode, slot: number): GraphNode {
    const edge = node.edges[slot];
    if (edge === undefined) {
      throw new GraffitistError('node-malformed', `Node '${node.name}' (${node.op}) has no input ${slot}.`, { about: node.name });
    }
    return this.node(edge.node);
  }

  /** Data uses of a node's outputs, in graph order, one per (consumer, slot). */
  uses(name: string): readonly Use[] {
    if (this.#uses === undefined) {
      this.#uses = new Map();
      for (const consumer of this.nodes) {
        consumer.edges.forEach(({ node, port }, slot) => {
          const use = { consumer, slot, port };
          const list = this.#uses?.get(node);
          if (list === undefined) this.#uses?.set(node, [use]);
          else list.push(use);
        });
      }
    }
    return this.#uses.get(name) ?? [];
  }

  /** Nodes that wait for `name` through a control input. */
  controlUses(name: string): readonly GraphNode[] {
    if (this.#controlUses === undefined) {
      this.#controlUses = new Map();
      for (const consumer of this.nodes) {
        for (const control of consumer.controls) {
          const list = this.#controlUses.get(control);
          if (list === undefined) this.#controlUses.set(control, [consumer]);
          else list.push(consumer);
        }
      }
    }
    return this.#controlUses.get(name) ?? [];
  }
}

/** Collects edits and hands back a new graph; untouched nodes are shared. */
export class GraphEditor {
  readonly #base: Graph;
  readonly #nodes: Map<string, GraphNode>;

  constructor(graph: Graph) {
    this.#base = graph;
    this.#nodes = new Map();
    for (const node of graph.nodes) this.#nodes.set(node.name, node);
  }

  find(name: string): GraphNode | undefined {
    return this.#nodes.get(name);
  }

  /** @throws GraffitistError `node-missing` */
  node(name: string): GraphNode {
    return this.#nodes.get(name) ?? this.#base.node(name);
  }

  /** @throws GraffitistError `graph-duplicate-name` */
  add(spec: NodeSpec | GraphNode): GraphNode {
    const node = spec instanceof GraphNode ? spec : GraphNode.make(spec);
    if (this.#nodes.has(node.name)) {
      throw new GraffitistError('graph-duplicate-name', `Duplicate node names detected for '${node.name}'.`, { about: node.name });
    }
    this.#nodes.set(node.name, node);
    return node;
  }

  /** Puts `node` in the place of the node of the same name. */
  replace(node: GraphNode): void {
    this.#nodes.set(node.name, node);
  }

  remove(name: string): void {
    this.#nodes.delete(name);
  }

  /** The edited graph, nodes in their old order, new ones last in the order they were added. */
  graph(): Graph {
    return new Graph([...this.#nodes.values()], this.#base.envelope);
  }
}
