import type { GraphNode } from '../graph/graph.ts';
import type { QuantizerKind } from './quantizer.ts';

/** Last part of a quantizer's scope by what it sits on. */
export type QuantizerSuffix = keyof typeof KINDS;

/** Longer suffixes first where one ends like another. */
const KINDS = {
  lrelu_alpha_x_quant: 'leaky',
  lrelu_weight_quant: 'leaky',
  concat_rescale_quant: 'rescale',
  eltw_rescale_quant: 'rescale',
  eltwadd_quant: 'eltwise',
  biasadd_quant: 'biasadd',
  avgpool_quant: 'avgpool',
  weight_quant: 'weight',
  layer_quant: 'layer',
  bias_quant: 'bias',
  inp_quant: 'input',
  act_quant: 'activation',
} as const satisfies Record<string, QuantizerKind>;

/** The product that brings a layer folded for training to the statistics in use, and the clone of the layer that it reads. */
const CORRECTION = /(^|\/)correction(_\d+)?$/;
const CLONE = /_Fold(_\d+)?$/;

/**
 * Scope of the quantizer `suffix` on `producer`: a variable's read takes the variable's name, QNT32: a training fold's correction that
 * of the layer, so that thresholds have the same names in training and inference.
 */
export function quantizerScope(producer: GraphNode, suffix: QuantizerSuffix): string {
  const [variable] = producer.edges;
  const isRead = producer.op === 'Identity' && producer.name.includes('read') && variable !== undefined;
  const clone = CORRECTION.test(producer.name) ? producer.edges.find(({ node }) => CLONE.test(node)) : undefined;
  return `${isRead ? variable.node : (clone?.node.replace(CLONE, '') ?? producer.name)}_${suffix}`;
}

/** The layer that a training fold's clone stands for; any other name itself. */
export function layerOfClone(name: string): string {
  return name.replace(CLONE, '');
}

/** Which suffix a quantizer's scope ends with; undefined where it is none of ours. */
export function suffixOf(scope: string): QuantizerSuffix | undefined {
  return (Object.keys(KINDS) as QuantizerSuffix[]).find((suffix) => scope.endsWith(`_${suffix}`) || scope === suffix);
}

/** The quantizer of a partial sum, where a convolution is split (QNT44). */
const PARTIAL_SUM = /_dw\/layer_quant_\d+$/;

/** What a quantizer of this scope sits on. A scope of another program counts as an activation. */
export function kindOf(scope: string): QuantizerKind {
  if (PARTIAL_SUM.test(scope)) return 'layer';
  const suffix = suffixOf(scope);
  return suffix === undefined ? 'activation' : KINDS[suffix];
}

/** Scope of a LinearQuant node. */
export function scopeOfLinearQuant(name: string): string {
  return name.endsWith('/LinearQuant') ? name.slice(0, -'/LinearQuant'.length) : name;
}

/** `a/b/c` → `a/b`; a name without slash has the parent ``. */
export function parentScope(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf('/')));
}

/** `a/b/c` → `c`. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/**
 * QNT18: where the shared variable of `members` (quantizer scopes) lives: their threshold names' longest common prefix by
 * characters, cut at its last slash; taken whole where it has none; the first member's scope where it is empty.
 */
export function commonScope(members: readonly string[]): string {
  const names = members.map((scope) => `${scope}/threshold`);
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) {
    let same = 0;
    while (same < length && first[same] === name[same]) same += 1;
    length = same;
  }
  const prefix = length === 0 ? first : first.slice(0, length);
  return prefix.includes('/') ? parentScope(prefix) : prefix;
}
