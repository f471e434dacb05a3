import type { Edge, Graph, GraphNode } from './graph.ts';

/**
 * A small language for shapes in a graph. A pattern is anchored at the node that ends it and walks from there over inputs:
 *
 *     const biasedLayer = node('add', ['Add', 'BiasAdd'], inAnyOrder(node('layer', COMPUTE_OPS), any('bias')));
 *     for (const { add, layer, bias } of matches(graph, biasedLayer)) …
 *
 * Each name captures the node that stands there. A name used twice must stand for the same tensor both times.
 * A choice once made is kept (the first permutation, the first alternative that fits), so matching costs the size of the pattern
 * per candidate root: near-linear in the graph. Recursion follows the pattern, never the graph.
 */
export interface Pattern<Names extends object = object> {
  /** Ops that the pattern's last node may have; null: any. Candidates of other ops are not looked at. */
  readonly roots: ReadonlySet<string> | null;
  /** Binds what it matches at `edge`, or says no. Bindings of a failed attempt are dropped by the caller. */
  readonly test: (edge: Edge, scene: Scene) => boolean;
  /** Only for the type of the captures; never set. */
  readonly captures?: Names;
}

/** Reads a pattern's captures: `MatchOf<typeof normalizedLayer>`. */
export type MatchOf<P> = P extends Pattern<infer Names> ? Names : never;

interface Scene {
  readonly graph: Graph;
  bindings: ReadonlyMap<string, Bound>;
}

interface Bound {
  readonly node: GraphNode;
  readonly port: number;
}

type Ops = string | Iterable<string>;
type Named<Name extends string> = { readonly [name in Name]: GraphNode };
type All<Ps extends readonly Pattern[]> = Ps extends readonly []
  ? unknown
  : Intersection<{ [index in keyof Ps]: MatchOf<Ps[index]> }[number]>;
type Intersection<Union> = (Union extends unknown ? (part: Union) => void : never) extends (whole: infer Whole extends object) => void
  ? Whole
  : never;
type Choice<Ps extends readonly Pattern[]> = Pick<MatchOf<Ps[number]>, keyof MatchOf<Ps[number]>> & Partial<All<Ps>>;

interface AnyOrder<Ps extends readonly Pattern[] = readonly Pattern[]> {
  readonly unordered: Ps;
}

/**
 * A node of one of `ops`, reached through its first output. With inputs given, it has exactly these data inputs, slot by slot, or in
 * any order where they are wrapped in `inAnyOrder`; without, its inputs are not looked at.
 */
export function node<const Name extends string>(name: Name, ops: Ops): Pattern<Named<Name>>;
export function node<const Name extends string, const Ps extends readonly Pattern[]>(
  name: Name,
  ops: Ops,
  inputs: AnyOrder<Ps>,
): Pattern<Named<Name> & All<Ps>>;
export function node<const Name extends string, const Ps extends readonly Pattern[]>(
  name: Name,
  ops: Ops,
  ...inputs: Ps
): Pattern<Named<Name> & All<Ps>>;
export function node(name: string, ops: Ops, ...inputs: readonly (Pattern | AnyOrder)[]): Pattern {
  const allowed = opSet(ops);
  const [first] = inputs;
  const unordered = first !== undefined && 'unordered' in first;
  const orders = unordered ? permutations(first.unordered) : [inputs as readonly Pattern[]];
  const arity = unordered ? first.unordered.length : inputs.length;
  return {
    roots: allowed,
    test: (edge, scene) => {
      const found = scene.graph.find(edge.node);
      if (found === undefined || edge.port !== 0 || !allowed.has(found.op)) return false;
      if (!bind(name, found, 0, scene)) return false;
      if (arity === 0) return true;
      return found.edges.length === arity && orders.some((order) => attempt(scene, () => allMatch(order, found.edges, scene)));
    },
  };
}

/** Inputs in whichever order fits first; orders are tried as permutations of the patterns, as written first. */
export function inAnyOrder<const Ps extends readonly Pattern[]>(...inputs: Ps): AnyOrder<Ps> {
  return { unordered: inputs };
}

/** Any tensor; `name` captures the node that makes it. */
export function any(): Pattern;
export function any<const Name extends string>(name: Name): Pattern<Named<Name>>;
export function any(name?: string): Pattern {
  return {
    roots: null,
    test: (edge, scene) => {
      const found = scene.graph.find(edge.node);
      return found !== undefined && (name === undefined || bind(name, found, edge.port, scene));
    },
  };
}

/** `inner`, perhaps through one node of `ops` that reads it as its first input (tried first; captured as `name` where it is there). */
export function optional<const Name extends string, P extends Pattern>(
  name: Name,
  ops: Ops,
  inner: P,
): Pattern<{ readonly [name in Name]?: GraphNode } & MatchOf<P>> {
  const allowed = opSet(ops);
  const through: Pattern = {
    roots: allowed,
    test: (edge, scene) => {
      const found = scene.graph.find(edge.node);
      const [first] = found?.edges ?? [];
      if (found === undefined || first === undefined || edge.port !== 0 || !allowed.has(found.op)) return false;
      return bind(name, found, 0, scene) && inner.test(first, scene);
    },
  };
  return oneOf(through, inner) as Pattern as Pattern<{ readonly [name in Name]?: GraphNode } & MatchOf<P>>;
}

/** The first of several patterns that matches. */
export function oneOf<const Ps extends readonly Pattern[]>(...choices: Ps): Pattern<Choice<Ps>> {
  const roots = choices.some((choice) => choice.roots === null) ? null : new Set(choices.flatMap((choice) => [...(choice.roots ?? [])]));
  return { roots, test: (edge, scene) => choices.some((choice) => attempt(scene, () => choice.test(edge, scene))) };
}

/** `inner` where its node also fulfils `condition`. */
export function where<P extends Pattern>(inner: P, condition: (node: GraphNode, graph: Graph) => boolean): P {
  const test = (edge: Edge, scene: Scene) => {
    const found = scene.graph.find(edge.node);
    return found !== undefined && condition(found, scene.graph) && inner.test(edge, scene);
  };
  return { ...inner, test };
}

/** The match that ends at `root`, or undefined. */
export function matchAt<P extends Pattern>(graph: Graph, pattern: P, root: GraphNode): MatchOf<P> | undefined {
  if (pattern.roots !== null && !pattern.roots.has(root.op)) return undefined;
  const scene: Scene = { graph, bindings: new Map() };
  if (!pattern.test({ node: root.name, port: 0 }, scene)) return undefined;
  return Object.fromEntries([...scene.bindings].map(([name, bound]) => [name, bound.node])) as MatchOf<P>;
}

/** All matches, in the order of their last nodes in the graph. */
export function* matches<P extends Pattern>(graph: Graph, pattern: P): Generator<MatchOf<P>> {
  for (const root of graph.nodes) {
    const match = matchAt(graph, pattern, root);
    if (match !== undefined) yield match;
  }
}

function allMatch(patterns: readonly Pattern[], edges: readonly Edge[], scene: Scene): boolean {
  return patterns.every((pattern, slot) => {
    const edge = edges[slot];
    return edge !== undefined && pattern.test(edge, scene);
  });
}

function bind(name: string, found: GraphNode, port: number, scene: Scene): boolean {
  const known = scene.bindings.get(name);
  if (known !== undefined) return known.node === found && known.port === port;
  scene.bindings = new Map(scene.bindings).set(name, { node: found, port });
  return true;
}

/** Runs a test and forgets what it bound where it fails. */
function attempt(scene: Scene, test: () => boolean): boolean {
  const before = scene.bindings;
  if (test()) return true;
  scene.bindings = before;
  return false;
}

function opSet(ops: Ops): ReadonlySet<string> {
  return new Set(typeof ops === 'string' ? [ops] : ops);
}

function permutations<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length <= 1) return [items];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
