import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { type Format, formatName, formatOf, type SignedBits } from './fixedPoint.ts';
import type { Note } from './placement/placement.ts';
import type { Quantizer } from './quantizer.ts';
import { constantScalar, readFormat } from './quantizerScalars.ts';
import { readQuantizers } from './readQuantizers.ts';

/** Quantizers whose format changes, by name; those that share a threshold with them among them. */
export interface BitChanges {
  readonly formats: ReadonlyMap<string, Format>;
  /** QNT63: quantizers that change, or differently, because they share a threshold. */
  readonly notes: readonly Note[];
}

/**
 * The graph with other bits for some of its quantizers, those that share their thresholds along (QNT63); nothing else changes.
 * @param bits by quantizer name, as options write them: −4 is signed 4 bits, 4 unsigned
 * @throws GraffitistError `option-invalid` for a width that is none, `quantizer-conflict` for a name that is no quantizer or two widths in
 *   one group, `node-malformed` where a quantizer's limits are not computed from its own bitwidth and is_signed
 */
export function withQuantizerBits(graph: Graph, bits: ReadonlyMap<string, SignedBits>): Graph {
  return bits.size === 0 ? graph : withFormats(graph, bitChanges(graph, bits).formats);
}

/**
 * QNT63: what changes when quantizers get other bits. Codes of quantizers that share a threshold meet, so all of a group change with one;
 * where one that is not named is signed, all stay signed. Errors as `withQuantizerBits`, but `node-malformed`.
 */
export function bitChanges(graph: Graph, bits: ReadonlyMap<string, SignedBits>): BitChanges {
  const quantizers = readQuantizers(graph);
  const byName = new Map(quantizers.map((quantizer) => [quantizer.name, quantizer]));
  const named = new Map<string, Quantizer[]>();
  for (const [name, width] of bits) {
    refuseWidth(name, width);
    const quantizer = byName.get(name);
    if (quantizer === undefined) {
      throw new GraffitistError('quantizer-conflict', `There is no quantizer '${name}'.`, { about: name, remedy: 'Check the name.' });
    }
    named.set(quantizer.threshold, [...(named.get(quantizer.threshold) ?? []), quantizer]);
  }
  const members = new Map<string, Quantizer[]>([...named.keys()].map((threshold) => [threshold, []]));
  for (const quantizer of quantizers) members.get(quantizer.threshold)?.push(quantizer);

  const formats = new Map<string, Format>();
  const notes: Note[] = [];
  for (const [threshold, listed] of named) {
    const asked = agreed(listed, bits);
    const group = members.get(threshold) ?? [];
    const signed = asked.signed || group.some((member) => member.signed && !bits.has(member.name));
    for (const member of group) {
      formats.set(member.name, { ...asked, signed });
      if (member.bits === asked.bits && member.signed === signed && !bits.has(member.name)) continue;
      if (bits.has(member.name) && asked.signed === signed) continue;
      const text = `'${member.name}' is ${formatName({ ...asked, signed })}, as all that share the threshold '${threshold}'.`;
      notes.push({ rule: 'QNT63', node: member.source, text });
    }
  }
  return { formats, notes };
}

/** Writes formats into the constants that the quantizers' limits and scales are computed from. @throws GraffitistError `node-malformed` */
export function withFormats(graph: Graph, formats: ReadonlyMap<string, Format>): Graph {
  const editor = new GraphEditor(graph);
  for (const [name, { bits, signed }] of formats) {
    write(editor, graph, `${name}/bitwidth`, bits);
    write(editor, graph, `${name}/is_signed`, signed ? 1 : 0);
  }
  const changed = editor.graph();
  for (const { name, node } of readQuantizers(graph)) {
    const wanted = formats.get(name);
    if (wanted === undefined) continue;
    const found = readFormat(changed, changed.node(node));
    if (found.bits !== wanted.bits || found.signed !== wanted.signed) throw foreign(name);
  }
  return changed;
}

function write(editor: GraphEditor, graph: Graph, name: string, value: number): void {
  const node = graph.find(name);
  if (node === undefined || constantScalar(node) === undefined) throw foreign(name);
  editor.replace(node.with({ attrs: { value: { kind: 'tensor', value: makeTensor(dtypeOf(node), [], [value]) } } }));
}

function dtypeOf(node: GraphNode): 'float32' | 'float64' {
  const dtype = node.attr('dtype');
  return dtype?.kind === 'type' && dtype.value === 'float64' ? 'float64' : 'float32';
}

function agreed(listed: readonly Quantizer[], bits: ReadonlyMap<string, SignedBits>): Format {
  const [width = 0, ...others] = new Set(listed.map(({ name }) => bits.get(name) ?? 0));
  if (others.length === 0) return formatOf(width);
  const list = listed.map(({ name }) => `'${name}' (${formatName(formatOf(bits.get(name) ?? 0))})`).join(', ');
  throw new GraffitistError('quantizer-conflict', `Quantizers that share a threshold are to get different bits: ${list}.`, {
    about: listed[0]?.threshold ?? '',
    remedy: 'Give all of them the same bits.',
  });
}

/** OPT: −2 … −32 signed, 1 … 32 unsigned, as every option takes them. */
function refuseWidth(name: string, width: number): void {
  if (Number.isInteger(width) && width !== 0 && width !== -1 && Math.abs(width) <= 32) return;
  throw new GraffitistError('option-invalid', `'${width}' is not a bit-width.`, {
    about: name,
    remedy: 'Write -2 to -32 (signed) or 1 to 32 (unsigned).',
  });
}

function foreign(name: string): GraffitistError {
  return new GraffitistError('node-malformed', 'The bits of this quantizer are no constants of its own.', {
    about: name,
    remedy: 'Quantize the float graph anew, with the bits that it is to have.',
  });
}
