import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { type Format, formatName, formatOf, type SignedBits } from './fixedPoint.ts';
import type { Quantizer } from './quantizer.ts';
import { readFormat } from './quantizerScalars.ts';
import { readQuantizers } from './readQuantizers.ts';

/** A quantizer that gets another format. */
export interface BitOverride {
  readonly quantizer: Quantizer;
  readonly format: Format;
  /** Named itself, or because of who it shares a threshold with. */
  readonly named: boolean;
}

/**
 * QNT61: the graph with other bit-widths (−8 signed, 8 unsigned) for some of its quantizers, by their names, which are their scopes. Limits
 * and scale follow from the two constants that change. Quantizers that share a threshold keep one scale: all of them get those bits.
 * @throws GraffitistError `option-invalid` for a name that is no quantizer and for widths that there are not; `quantizer-conflict` where
 *   two that share a threshold are given different ones; `node-malformed` where the limits do not follow from bitwidth and is_signed
 */
export function withQuantizerBits(graph: Graph, bits: ReadonlyMap<string, SignedBits>): Graph {
  return bits.size === 0 ? graph : applyOverrides(graph, bitOverrides(readQuantizers(graph), bits));
}

/** Every quantizer that `bits` changes, itself or with those it shares a threshold with, in the graph's order. Errors as `withQuantizerBits`. */
export function bitOverrides(quantizers: readonly Quantizer[], bits: ReadonlyMap<string, SignedBits>): readonly BitOverride[] {
  const known = new Map(quantizers.map((quantizer) => [quantizer.name, quantizer]));
  const wanted = new Map<string, { readonly by: string; readonly bits: SignedBits }>();
  for (const [name, width] of bits) {
    const quantizer = known.get(name);
    if (quantizer === undefined) {
      throw new GraffitistError('option-invalid', `There is no quantizer '${name}' in the graph.`, {
        about: name,
        remedy: 'Copy the name from the thresholds table.',
      });
    }
    refuseWidth(name, width);
    const other = wanted.get(quantizer.threshold);
    if (other !== undefined && other.bits !== width) throw differ(name, width, other);
    wanted.set(quantizer.threshold, { by: name, bits: width });
  }
  return quantizers.flatMap((quantizer) => {
    const found = wanted.get(quantizer.threshold);
    if (found === undefined) return [];
    const format = formatOf(found.bits);
    const same = format.bits === quantizer.bits && format.signed === quantizer.signed;
    return same ? [] : [{ quantizer, format, named: bits.has(quantizer.name) }];
  });
}

/** Writes the formats into `…/bitwidth` and `…/is_signed`. @throws GraffitistError `node-malformed` */
export function applyOverrides(graph: Graph, overrides: readonly BitOverride[]): Graph {
  const editor = new GraphEditor(graph);
  for (const { quantizer, format } of overrides) {
    setScalar(editor, quantizer, 'bitwidth', format.bits);
    setScalar(editor, quantizer, 'is_signed', format.signed ? 1 : 0);
  }
  const changed = editor.graph();
  for (const { quantizer, format } of overrides) {
    const { bits, signed } = readFormat(changed, changed.node(quantizer.node));
    if (bits !== format.bits || signed !== format.signed) throw fixed(quantizer);
  }
  return changed;
}

function setScalar(editor: GraphEditor, quantizer: Quantizer, name: string, value: number): void {
  const node = editor.find(`${quantizer.name}/${name}`);
  const dtype = node === undefined ? undefined : typeOf(node);
  if (node === undefined || dtype === undefined) throw fixed(quantizer);
  editor.replace(node.with({ attrs: { value: { kind: 'tensor', value: makeTensor(dtype, [], [value]) } } }));
}

function typeOf(node: GraphNode): 'float32' | 'float64' | undefined {
  const type = node.op === 'Const' ? node.attr('dtype') : undefined;
  if (type?.kind !== 'type') return undefined;
  return type.value === 'float32' || type.value === 'float64' ? type.value : undefined;
}

/** The widths that options of `quantize` take. */
function refuseWidth(name: string, bits: SignedBits): void {
  if (Number.isInteger(bits) && bits !== 0 && bits !== -1 && Math.abs(bits) <= 32) return;
  throw new GraffitistError('option-invalid', `'${bits}' is not a bit-width.`, {
    about: name,
    remedy: 'Write -2 to -32 (signed) or 1 to 32 (unsigned).',
  });
}

function differ(name: string, bits: SignedBits, other: { readonly by: string; readonly bits: SignedBits }): GraffitistError {
  const [own, others] = [formatName(formatOf(bits)), formatName(formatOf(other.bits))];
  return new GraffitistError('quantizer-conflict', `'${name}' (${own}) and '${other.by}' (${others}) share a threshold, and so a scale.`, {
    about: name,
    remedy: 'Give both the same bit-width.',
  });
}

function fixed({ name, node }: Quantizer): GraffitistError {
  return new GraffitistError('node-malformed', `The limits of '${name}' do not follow from its bitwidth and is_signed.`, {
    about: node,
    remedy: 'Quantize the float graph anew: only quantizers as quantize makes them can get other bits.',
  });
}
