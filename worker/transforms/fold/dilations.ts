import type { AttrValue } from '../../formats/attrValue.ts';
import { type Edge, edgeText, type Graph, type GraphNode } from '../../graph/graph.ts';
import { known } from '../../ops/hostValue.ts';
import { inferStatic, type StaticGraph } from '../../ops/inferShapes.ts';
import { dtypeOf, intList, typed } from '../nodes.ts';
import { Rewrite } from '../rewrite.ts';
import type { Change } from '../transform.ts';
import { outputOf } from './foldScene.ts';

const CONVOLUTIONS: ReadonlySet<string> = new Set(['Conv2D', 'DepthwiseConv2dNative']);

/** Image → SpaceToBatchND → [ExpandDims] → convolution → [Squeeze] → BatchToSpaceND. */
interface Atrous {
  readonly cut: GraphNode;
  readonly expand: GraphNode | undefined;
  readonly layer: GraphNode;
  readonly squeeze: GraphNode | undefined;
  readonly joined: GraphNode;
}

/**
 * FBN23: a convolution over images that SpaceToBatchND took apart and BatchToSpaceND puts together again is a dilated one over the whole
 * image, which is how an exporter writes dilations; the same products are summed in the same order. As a dilated layer it has its bias and
 * batch norm behind it.
 */
export function dilatedLayers(graph: Graph, outputs: ReadonlySet<string>): { readonly graph: Graph; readonly changes: readonly Change[] } {
  const ends = graph.nodes.filter(({ op }) => op === 'BatchToSpaceND');
  if (ends.length === 0) return { graph, changes: [] };
  const statics = inferStatic(graph);
  const rewrite = new Rewrite(graph);
  const changes: Change[] = [];
  for (const end of ends) {
    const found = atrousAt(graph, end, outputs);
    const attrs = found === undefined ? undefined : dilatedAttrs(found, statics);
    if (found === undefined || attrs === undefined) continue;
    const { cut, expand, layer, squeeze, joined } = found;
    const image = cut.edges[0] ?? '';
    rewrite.replace(layer.with({ inputs: [expand === undefined ? image : outputOf(expand), ...layer.edges.slice(1)], attrs }));
    if (expand !== undefined) rewrite.replace(expand.with({ inputs: [image, ...expand.edges.slice(1)] }));
    const result = outputOf(squeeze ?? layer);
    rewrite.redirect(outputOf(joined), result);
    for (const { name } of [cut, joined]) rewrite.remove(name);
    if (outputs.has(joined.name)) rewrite.add(typed(joined.name, 'Identity', dtypeOf(joined), result));
    const before = [cut.name, layer.name, joined.name];
    changes.push({ rule: 'FBN23', summary: `${layer.op} ${layer.name} written with dilations`, before, after: [layer.name] });
  }
  return { graph: rewrite.finish(), changes };
}

/** The form that ends at `joined`, each part read by the next one alone. */
function atrousAt(graph: Graph, joined: GraphNode, outputs: ReadonlySet<string>): Atrous | undefined {
  const before = (node: GraphNode): GraphNode | undefined => {
    const [edge] = node.edges;
    const found = edge === undefined || edge.port !== 0 ? undefined : graph.find(edge.node);
    if (found === undefined || outputs.has(found.name) || graph.controlUses(found.name).length > 0) return undefined;
    return graph.uses(found.name).length === 1 ? found : undefined;
  };
  const last = before(joined);
  const squeeze = last?.op === 'Squeeze' ? last : undefined;
  const layer = squeeze === undefined ? last : before(squeeze);
  if (layer === undefined || !CONVOLUTIONS.has(layer.op)) return undefined;
  const first = before(layer);
  const expand = first?.op === 'ExpandDims' ? first : undefined;
  const cut = expand === undefined ? first : before(expand);
  if (cut?.op !== 'SpaceToBatchND' || (expand === undefined) !== (squeeze === undefined)) return undefined;
  return { cut, expand, layer, squeeze, joined };
}

/** Dilations and padding of the layer over the whole image; undefined where numbers are not known or no layer does the same. */
function dilatedAttrs({ cut, expand, layer, joined }: Atrous, { numbers, shapes }: StaticGraph): Record<string, AttrValue> | undefined {
  const at = (edge: Edge | undefined): readonly number[] | null => known((edge && numbers.get(edgeText(edge))?.values) ?? null);
  const [blocks, pads, back, crops] = [cut.edges[1], cut.edges[2], joined.edges[1], joined.edges[2]].map(at);
  if (!blocks || !pads || !back || !crops || blocks.join() !== back.join()) return undefined;
  if (!isOneAll(layer, 'strides') || !isOneAll(layer, 'dilations') || text(layer, 'padding') !== 'VALID') return undefined;
  if (text(layer, 'data_format') === 'NCHW') return undefined;
  // A one-dimensional convolution is one over images of height 1: its only axis is their width.
  const outer = expand === undefined ? [] : [1];
  const image = expand === undefined ? null : (shapes.get(expand.name)?.[0] ?? null);
  const [down = 1, across = 1] = [...outer, ...blocks];
  if (outer.length + blocks.length !== 2 || (expand !== undefined && image?.[1] !== 1)) return undefined;
  const padding = [
    ...outer.map(() => [0, 0]),
    ...blocks.map((_, i) => [0, 1].map((side) => (pads[2 * i + side] ?? 0) - (crops[2 * i + side] ?? 0))),
  ];
  const [rows = [], columns = []] = padding;
  const window = shapes.get(layer.edges[1]?.node ?? '')?.[layer.edges[1]?.port ?? 0];
  const named = paddingOf([rows, columns], [down, across], window ?? []);
  if (named === undefined || (named === 'EXPLICIT' && layer.op !== 'Conv2D')) return undefined;
  return {
    dilations: intList(1, down, across, 1),
    padding: { kind: 'string', value: named },
    ...(named === 'EXPLICIT' ? { explicit_paddings: intList(0, 0, ...rows, ...columns, 0, 0) } : {}),
  };
}

/** How padding of that many zeros around the image is called, at a stride of 1. */
function paddingOf(padding: readonly (readonly number[])[], dilations: readonly number[], window: readonly number[]): string | undefined {
  if (padding.flat().every((size) => size === 0)) return 'VALID';
  if (padding.flat().some((size) => size < 0)) return undefined;
  const same = padding.every(([before = 0, after = 0], axis) => {
    const total = ((window[axis] ?? 0) - 1) * (dilations[axis] ?? 1);
    return before === Math.floor(total / 2) && before + after === total;
  });
  return same ? 'SAME' : 'EXPLICIT';
}

function isOneAll(layer: GraphNode, name: string): boolean {
  const value = layer.attr(name);
  return value === undefined || (value.kind === 'list' && value.value.ints.every((size) => size === 1));
}

function text(layer: GraphNode, name: string): string | undefined {
  const value = layer.attr(name);
  return value?.kind === 'string' ? value.value : undefined;
}
