import type { GraphNode } from '../graph/graph.ts';
import { lastSegment, parentScope } from '../graph/scopes.ts';
import { type Breather, paced } from './breathe.ts';
import { collapseSingles, type Scope, scopeTree } from './groups.ts';
import type { SceneInput } from './input.ts';
import { tensorShape, wholeShapeText } from './layers/shapes.ts';
import type { Box, Diagram, Wire } from './structure.ts';
import { Tags, tagText } from './tags.ts';

/** The Nodes reading: every node of the graph and every edge, control edges among them. Linear in the graph. */
export async function nodesDiagram(input: SceneInput, breath: Breather): Promise<Diagram> {
  const { graph } = input;
  const tags = new Tags(input);
  const scopes = new Set<string>();
  const index = new Map<string, number>();
  await paced(graph.nodes, breath, ({ name }, i) => {
    index.set(name, i);
    for (let scope = parentScope(name); scope !== '' && !scopes.has(scope); scope = parentScope(scope)) scopes.add(scope);
  });
  const results = new Set(input.outputs);
  const boxes: Box[] = [];
  const wires: Wire[] = [];
  await paced(graph.nodes, breath, (node, to) => {
    boxes.push(drawNode(input, node, tags, scopes, results));
    for (const edge of node.edges) {
      const from = index.get(edge.node);
      if (from !== undefined) wires.push({ from, to, label: wholeShapeText(tensorShape(input, edge)), tag: null, control: false });
    }
    for (const control of node.controls) {
      const from = index.get(control);
      if (from !== undefined) wires.push({ from, to, label: '', tag: null, control: true });
    }
  });
  return { boxes, wires };
}

function drawNode(input: SceneInput, node: GraphNode, tags: Tags, scopes: ReadonlySet<string>, results: ReadonlySet<string>): Box {
  const tag = tags.of(node.name);
  return {
    id: node.name,
    kind: node.op.startsWith('Placeholder') ? 'input' : results.has(node.name) ? 'output' : 'op',
    title: lastSegment(node.name),
    subtitle: node.op,
    path: node.name,
    // A variable `weights` lies in the scope `weights` with its read and its initializer.
    scope: scopes.has(node.name) ? node.name : parentScope(node.name),
    chips: tag === null ? [] : [{ text: tagText(tag), tag }],
    tag: null,
    bits: tag === null ? null : { bits: tag.bits, signed: tag.signed },
    members: [node.name],
    leftFloat: input.leftFloat.get(node.name) ?? null,
    changed: input.changed.has(node.name),
    weights: 0,
    likeness: node.op,
  };
}

/** Groups of the Nodes reading: the scopes as they are, less those around a single node. */
export function groupNodes(diagram: Diagram): Scope {
  const root = scopeTree(diagram);
  collapseSingles(root);
  return root;
}
