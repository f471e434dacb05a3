import type { QuantTag, SceneChip } from '../../protocol.ts';
import type { Quantizer } from '../../quantize/quantizer.ts';
import { type Tags, tagText } from '../tags.ts';
import { ACTIVATIONS } from './opKinds.ts';
import type { Part, Role } from './partition.ts';

/**
 * LAY3: what a box holds, as chips: weight, bias, accumulator, batch norm, activation. A quantizer inside the box is the tag of the
 * chip that it sits on; quantizers of one box that share a threshold share a chip.
 */
export function chipsOf(part: Part, tags: Tags, output: string | null): SceneChip[] {
  const inner = [...part.helpers, ...part.steps.map(({ node }) => node)].flatMap((node) => {
    const quantizer = node.name === output ? undefined : tags.quantizer(node.name);
    return quantizer === undefined || quantizer.kind === 'rescale' ? [] : [quantizer];
  });
  const held = new Map<Slot, Quantizer[]>();
  const slotOfGroup = new Map<string, Slot>();
  for (const quantizer of inner.toSorted((a, b) => RANK[a.kind] - RANK[b.kind])) {
    const known = quantizer.group === undefined ? undefined : slotOfGroup.get(quantizer.group);
    const slot = known ?? slotFor(part, quantizer);
    if (quantizer.group !== undefined) slotOfGroup.set(quantizer.group, slot);
    const list = held.get(slot);
    if (list === undefined) held.set(slot, [quantizer]);
    else list.push(quantizer);
  }
  const has = (role: Role) => part.steps.some((step) => step.role === role);
  const plain: Partial<Record<Slot, boolean>> = {
    W: part.kind === 'layer',
    B: has('bias') && !isNormBias(part),
    BN: has('norm'),
    Scale: has('scale') && !has('norm'),
    Dropout: has('dropout'),
    Pad: has('pad'),
  };
  const activation = part.kind === 'layer' ? activationName(part) : null;
  const chips: SceneChip[] = [];
  for (const slot of SLOTS) {
    const text = slot === 'activation' ? activation : slot;
    const quantizers = held.get(slot) ?? [];
    if (quantizers.length === 0 && text !== null && (slot === 'activation' || plain[slot] === true)) chips.push({ text, tag: null });
    const seen = new Set<string>();
    for (const quantizer of quantizers) {
      const key = quantizer.group ?? quantizer.name;
      if (seen.has(key)) continue;
      seen.add(key);
      const tag = tags.of(quantizer.node) as QuantTag;
      chips.push({ text: `${(text ?? 'Activation').replace('Leaky ReLU', 'Leaky')} ${tagText(tag)}`, tag });
    }
  }
  return chips;
}

const SLOTS = ['W', 'B', 'Acc', 'BN', 'Scale', 'activation', 'α', '1/n', 'Dropout', 'Pad'] as const;
type Slot = (typeof SLOTS)[number];

/** In which order the members of a shared threshold name its chip. */
const RANK: Readonly<Record<Quantizer['kind'], number>> = {
  weight: 0,
  bias: 1,
  layer: 2,
  biasadd: 3,
  leaky: 4,
  activation: 5,
  eltwise: 6,
  avgpool: 7,
  input: 8,
  rescale: 9,
};

function slotFor(part: Part, quantizer: Quantizer): Slot {
  if (quantizer.kind === 'weight') return part.kind === 'layer' ? 'W' : '1/n';
  if (quantizer.kind === 'bias') return 'B';
  if (quantizer.kind === 'layer') return 'Acc';
  if (quantizer.kind === 'leaky' && !part.steps.some(({ node }) => node.name === quantizer.node)) return 'α';
  return 'activation';
}

/** The name of the part's activation, e.g. `ReLU6`; null where it has none. */
export function activationName(part: Part): string | null {
  const steps = part.steps.filter(({ role }) => role === 'activation').map(({ node }) => node);
  const last = steps.at(-1);
  if (last === undefined) return null;
  if (last.op === 'Maximum') return 'Leaky ReLU';
  const curve = steps.find(({ op }) => ACTIVATIONS.has(op));
  if (curve?.op === 'Relu' && last.op === 'Minimum') return 'Clipped ReLU';
  if (last.op === 'Mul' || curve !== last) {
    if (curve?.op === 'Sigmoid') return 'Swish';
    if (curve?.op === 'Relu6') return 'Hard swish';
  }
  return curve === undefined ? last.op : (ACTIVATIONS.get(curve.op) ?? curve.op);
}

/** Whether the sum in a part is the second half of a batch norm in small ops. */
function isNormBias(part: Part): boolean {
  const steps = part.steps.filter(({ role }) => role !== 'wire');
  const at = steps.findIndex(({ role }) => role === 'bias');
  return at > 0 && steps[at]?.node.op !== 'BiasAdd' && steps[at - 1]?.role === 'norm' && steps[at - 1]?.node.op === 'Mul';
}
