import { type Graph, GraphEditor, type GraphNode } from '../../worker/graph/graph.ts';

/** Which node, which other node, what, and where in it. */
const BYTES_PER_EDIT = 4;

/**
 * A graph with some nodes changed, four bytes telling what is done to which: another input, one less, another node's op or attribute, no
 * attribute, another name, no node. What comes out is well-formed as a message and mostly nonsense as a network.
 */
export function editedGraph(graph: Graph, edits: Uint8Array): Graph {
  const editor = new GraphEditor(graph);
  const pick = (at: number): GraphNode => graph.nodes[Math.floor(((edits[at] ?? 0) / 256) * graph.nodes.length)] as GraphNode;
  for (let at = 0; at + BYTES_PER_EDIT <= edits.length; at += BYTES_PER_EDIT) {
    const node = editor.find(pick(at).name);
    const other = pick(at + 1);
    const choice = edits[at + 2] ?? 0;
    if (node !== undefined) edit(editor, node, other, choice, edits[at + 3] ?? 0);
  }
  return editor.graph();
}

function edit(editor: GraphEditor, node: GraphNode, other: GraphNode, choice: number, which: number): void {
  const inputs = node.edges;
  const names = [...node.attrs.keys()];
  const attr = names[which % Math.max(1, names.length)];
  switch (choice % 8) {
    case 0:
    case 1:
      editor.replace(
        node.with({ inputs: inputs.map((edge, slot) => (slot === which % inputs.length ? { node: other.name, port: 0 } : edge)) }),
      );
      return;
    case 2:
      editor.replace(node.with({ inputs: inputs.slice(0, -1) }));
      return;
    case 3:
      editor.replace(node.with({ op: other.op }));
      return;
    case 4:
      if (attr !== undefined) editor.replace(node.with({ attrs: { [attr]: undefined } }));
      return;
    case 5:
      if (attr !== undefined && other.attr(attr) !== undefined) editor.replace(node.with({ attrs: { [attr]: other.attr(attr) } }));
      return;
    case 6:
      editor.replace(node.with({ inputs: [...inputs, { node: other.name, port: which % 3 }] }));
      return;
    default:
      if (node.op === 'Identity' || which > 200) editor.remove(node.name);
  }
}
