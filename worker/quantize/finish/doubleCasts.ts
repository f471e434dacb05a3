import { GraffitistError } from '../../errors.ts';
import { edgeText, type Graph, GraphEditor, type GraphNode, type NodeSpec } from '../../graph/graph.ts';
import { inScope, lastSegment, parentScope, uniqueName } from '../../graph/scopes.ts';
import { isFromAvgPool } from '../placement/ops.ts';
import type { FinishReport } from './report.ts';

const CAST_LAYERS: ReadonlySet<string> = new Set(['Conv2D', 'MatMul', 'BatchMatMul', 'BatchMatMulV2']);

/** Layers whose sums are computed in float64: convolutions and matrix products first, then average pools. */
function layersOf(graph: Graph): readonly GraphNode[] {
  const isPool = ({ op, name }: GraphNode) => op === 'DepthwiseConv2dNative' && isFromAvgPool(name);
  const layers = graph.nodes.filter((node) => CAST_LAYERS.has(node.op));
  return [...layers, ...graph.nodes.filter(isPool)].filter((node) => typeOf(node) !== 'float64');
}

/**
 * QNT45: casts around each layer, so that it and its quantizer compute in float64: `<scope>/cast1_<layer>` and `cast2_` on its inputs,
 * `<quantizer>/cast1_LinearQuant` … on scale and limits, `<scope>/cast3_<layer>` behind the quantizer.
 *
 * @throws GraffitistError `quantizer-conflict` where something other than a quantizer reads a layer
 */
export function castToDouble(graph: Graph, report: FinishReport): Graph {
  const editor = new GraphEditor(graph);
  const layers = layersOf(graph).map((layer) => wideLayer(graph, layer));
  // Readers first: where the next layer reads this one's quantizer, it is to cast what comes back.
  for (const { quantizers } of layers) {
    for (const { node, back } of quantizers) {
      for (const { consumer, slot } of graph.uses(node.name)) {
        const reader = editor.node(consumer.name);
        editor.replace(reader.with({ inputs: reader.edges.map((edge, at) => (at === slot ? back : edge)) }));
      }
    }
  }
  for (const { layer, quantizers } of layers) {
    const made = widenInputs(editor, layer, 0);
    for (const { node, back } of quantizers) {
      made.push(...widenInputs(editor, node, 1), editor.add(cast(back, node.name, 'float64')).name);
    }
    report.changes.push({
      rule: 'QNT45',
      summary: `${layer.name} computes in float64`,
      before: [layer.name],
      after: [layer.name, ...made],
    });
  }
  return editor.graph();
}

/** A layer, its quantizers, and the names of the casts that lead back to float32 behind them. */
interface WideLayer {
  readonly layer: GraphNode;
  readonly quantizers: readonly { readonly node: GraphNode; readonly back: string }[];
}

function wideLayer(graph: Graph, layer: GraphNode): WideLayer {
  const quantizers = quantizersBehind(graph, layer).map((node, index) => {
    return { node, back: castName(layer, layer.edges.length + 1 + index, (name) => graph.has(name)) };
  });
  return { layer, quantizers };
}

/** Puts casts to float64 on a node's inputs from slot `from` on. @returns their names */
function widenInputs(editor: GraphEditor, { name }: GraphNode, from: number): string[] {
  const node = editor.node(name);
  const casts = node.edges.slice(from).map((edge, index) => {
    const input = castName(node, index + 1, (other) => editor.find(other) !== undefined);
    return editor.add(cast(input, edgeText(edge), 'float32')).name;
  });
  editor.replace(node.with({ inputs: [...node.edges.slice(0, from), ...casts], attrs: { T: { kind: 'type', value: 'float64' } } }));
  return casts;
}

function castName(node: GraphNode, number: number, taken: (name: string) => boolean): string {
  return uniqueName(inScope(parentScope(node.name), `cast${number}_${lastSegment(node.name)}`), taken);
}

function cast(name: string, input: string, SrcT: 'float32' | 'float64'): NodeSpec {
  const DstT = SrcT === 'float32' ? 'float64' : 'float32';
  const attrs = {
    SrcT: { kind: 'type', value: SrcT },
    DstT: { kind: 'type', value: DstT },
    Truncate: { kind: 'bool', value: false },
  } as const;
  return { name, op: 'Cast', inputs: [input], attrs };
}

/** Everything that reads a layer; the original's words where that is no quantizer. */
function quantizersBehind(graph: Graph, layer: GraphNode): readonly GraphNode[] {
  const readers = [...new Set(graph.uses(layer.name).map(({ consumer }) => consumer))];
  const other = readers.find(({ op }) => op !== 'LinearQuant');
  if (other === undefined && readers.length > 0) return readers;
  const found = other === undefined ? 'nothing' : `${other.op} op`;
  throw new GraffitistError('quantizer-conflict', `Expected ${layer.name} to be followed by LinearQuant op, instead got ${found}.`, {
    about: layer.name,
    remedy: 'bit_accurate needs every such layer quantized: give it a bias, or leave the option out.',
  });
}

function typeOf(node: GraphNode): string | undefined {
  const T = node.attr('T');
  return T?.kind === 'type' ? T.value : undefined;
}
