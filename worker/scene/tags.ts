import type { QuantTag } from '../protocol.ts';
import { formatName, scaleExponent } from '../quantize/fixedPoint.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import type { SceneInput } from './input.ts';

/** Quantizers of the picture by their LinearQuant node. */
export class Tags {
  readonly #byNode: ReadonlyMap<string, Quantizer>;
  readonly #thresholds: SceneInput['thresholds'];

  constructor(input: SceneInput) {
    this.#byNode = new Map(input.quantizers.map((quantizer) => [quantizer.node, quantizer]));
    this.#thresholds = input.thresholds;
  }

  quantizer(node: string): Quantizer | undefined {
    return this.#byNode.get(node);
  }

  /** The tag of a LinearQuant node, or null where the node is none. */
  of(node: string): QuantTag | null {
    const quantizer = this.#byNode.get(node);
    if (quantizer === undefined) return null;
    const log2t = this.#thresholds.get(quantizer.threshold) ?? quantizer.constantLog2;
    return {
      quantizer: quantizer.name,
      bits: quantizer.bits,
      signed: quantizer.signed,
      exponent: log2t === undefined || !Number.isFinite(log2t) ? null : scaleExponent(quantizer, log2t),
      group: quantizer.group ?? null,
    };
  }
}

/** `int8 2⁻⁵`; the scale is left out while the threshold is not known. */
export function tagText(tag: QuantTag): string {
  const format = formatName(tag);
  return tag.exponent === null ? format : `${format} 2${superscript(tag.exponent)}`;
}

const DIGITS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** An integer in raised digits. */
export function superscript(value: number): string {
  return [...String(value)].map((digit) => (digit === '-' ? '⁻' : (DIGITS[Number(digit)] ?? ''))).join('');
}
