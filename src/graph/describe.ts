import type { SceneNode } from '../../worker/protocol.ts';
import { bitsName } from '../format/numbers.ts';
import { deviationText } from './tint.ts';

/** A box in words, for screen readers and the live line. */
export function describeBox(node: SceneNode, label: string | undefined, deviation = 0): string {
  const parts = [
    node.title,
    node.kind === 'group' ? (node.open ? 'open group' : 'closed group') : node.kind === 'layer' ? 'layer' : '',
    node.count > 1 ? `${node.count} alike` : '',
    node.subtitle,
    ...node.chips.map(({ text }) => text),
    node.bits === null ? '' : `output ${bitsName(node.bits.bits, node.bits.signed)}`,
    label === undefined ? '' : `shape ${label}`,
    node.changed ? 'changed by this step' : '',
    node.leftFloat === null ? '' : `left in float: ${node.leftFloat}`,
    deviation === 0 ? '' : `threshold moved ${deviationText(deviation)} for ${deviation > 0 ? 'range' : 'precision'}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

/** What a pointer resting on a box reads. */
export function hintOf(node: SceneNode): string {
  const lines = [node.path];
  if (node.leftFloat !== null) lines.push(`Left in float: ${node.leftFloat}.`);
  if (node.changed) lines.push('Changed by this step.');
  return lines.filter((line) => line !== '').join('\n');
}
