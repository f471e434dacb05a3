import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import { type Format, formatName } from './fixedPoint.ts';
import { commonScope, lastSegment, type QuantizerSuffix, scopeOfLinearQuant, suffixOf } from './naming.ts';
import type { Note } from './placement/placement.ts';
import { type QuantDType, thresholdNodeNames, thresholdVariable } from './quantizerNodes.ts';
import { readFormat } from './quantizerScalars.ts';
import { type Groups, groupsOf } from './thresholdGroups.ts';

/** Where quantizers must share one scale, because their codes meet in one op. */
interface SharingRule {
  readonly rule: string;
  readonly ops: readonly string[];
  /** What stands at the op's two inputs, in either order; null: whatever is quantized, at any number of inputs. */
  readonly pair: readonly [QuantizerSuffix, QuantizerSuffix] | null;
  readonly suffix: string;
}

/** Of several rules for one op the first that fits. */
const SHARING: readonly SharingRule[] = [
  { rule: 'QNT17', ops: ['ConcatV2'], pair: null, suffix: 'act_quant_concat_merge' },
  { rule: 'QNT14', ops: ['Maximum'], pair: ['biasadd_quant', 'lrelu_alpha_x_quant'], suffix: 'leakyrelu_quant_merge' },
  { rule: 'QNT52', ops: ['Maximum'], pair: ['eltwadd_quant', 'lrelu_alpha_x_quant'], suffix: 'leakyrelu_quant_merge' },
  { rule: 'QNT13', ops: ['Add', 'AddV2', 'BiasAdd'], pair: ['layer_quant', 'bias_quant'], suffix: 'layer_bias_quant_merge' },
  { rule: 'QNT15', ops: ['Add', 'AddV2'], pair: ['biasadd_quant', 'biasadd_quant'], suffix: 'eltw_biasadd_quant_merge' },
  { rule: 'QNT16', ops: ['Add', 'AddV2'], pair: ['biasadd_quant', 'eltw_rescale_quant'], suffix: 'eltw_rescale_quant_merge' },
];

/** QNT53: operands of a sum that only this version quantizes share one scale. */
const COMPLETED = { rule: 'QNT53', ops: ['Add', 'AddV2', 'Sub'], suffix: 'eltw_quant_merge' };
const SIGNED_OPERANDS: ReadonlySet<string | undefined> = new Set(['eltwadd_quant', 'biasadd_quant', 'eltw_rescale_quant']);

/** An op at which codes of several quantizers meet. */
interface Meeting {
  readonly rule: string;
  readonly at: GraphNode;
  /** Scopes of the quantizers. */
  readonly members: readonly string[];
  /** What the shared variable is called, without its scope. */
  readonly name: string;
}

/** One threshold for several quantizers. */
export interface SharedThreshold {
  readonly rule: string;
  /** The ops at which their codes meet. */
  readonly at: readonly string[];
  /** Name of the variable that replaces the members' own. */
  readonly variable: string;
  readonly dtype: QuantDType;
  /** Scopes of the quantizers that read it. */
  readonly members: readonly string[];
}

export interface Sharing {
  readonly graph: Graph;
  readonly shared: readonly SharedThreshold[];
  readonly warnings: readonly Note[];
}

/**
 * Gives quantizers whose codes meet in one op one threshold variable; groups that have a quantizer in common are one group (QNT19).
 * `completed` are names of sums that QNT50 quantized.
 *
 * @throws GraffitistError `quantizer-conflict` where members differ in bit-width or element type
 */
export function shareThresholds(graph: Graph, completed: ReadonlySet<string> = new Set()): Sharing {
  const meetings = graph.nodes.flatMap((node) => meetingAt(graph, node, completed) ?? []);
  const groups = groupsOf(meetings.map(({ members }) => members));
  const editor = new GraphEditor(graph);
  const warnings: Note[] = [];
  const shared = sharedThresholds(graph, meetings, groups);
  for (const { variable, dtype, members, at } of shared) {
    for (const spec of thresholdVariable(variable, dtype)) editor.add(spec);
    for (const scope of members) {
      const pof2 = editor.node(`${scope}/pof2`);
      editor.replace(pof2.with({ inputs: [`${variable}/read`] }));
      for (const name of thresholdNodeNames(`${scope}/threshold`)) editor.remove(name);
    }
    warnings.push(...agreeOnSign(graph, editor, members, at[0] ?? ''));
  }
  return { graph: editor.graph(), shared, warnings };
}

function meetingAt(graph: Graph, node: GraphNode, completed: ReadonlySet<string>): Meeting | undefined {
  const found = SHARING.find((candidate) => candidate.ops.includes(node.op) && fits(graph, node, candidate));
  const rule = found ?? (completed.has(node.name) && fitsCompleted(graph, node) ? COMPLETED : undefined);
  if (rule === undefined) return undefined;
  const members = [...new Set(inputQuantizers(graph, node))];
  return { rule: rule.rule, at: node, members, name: `${lastSegment(node.name)}_${rule.suffix}` };
}

function fits(graph: Graph, node: GraphNode, { pair }: SharingRule): boolean {
  const suffixes = inputQuantizers(graph, node).map(suffixOf);
  if (pair === null) return suffixes.length > 0;
  const [a, b] = suffixes;
  return suffixes.length === 2 && ((a === pair[0] && b === pair[1]) || (a === pair[1] && b === pair[0]));
}

/** Both operands are of a kind that is always signed, and of one width: otherwise the codes of two scales are added. */
function fitsCompleted(graph: Graph, node: GraphNode): boolean {
  const scopes = inputQuantizers(graph, node);
  if (scopes.length !== 2 || !COMPLETED.ops.includes(node.op) || !scopes.every((scope) => SIGNED_OPERANDS.has(suffixOf(scope))))
    return false;
  return new Set(scopes.map((scope) => `${formatAt(graph, scope).bits} ${typeAt(graph, scope)}`)).size === 1;
}

/** Scopes of the quantizers that an op reads, slot by slot. */
function inputQuantizers(graph: Graph, node: GraphNode): string[] {
  const linearQuants = node.edges.map(({ node: name }) => graph.find(name)).filter((input) => input?.op === 'LinearQuant');
  return linearQuants.flatMap((input) => (input === undefined ? [] : [scopeOfLinearQuant(input.name)]));
}

/** One shared threshold per group, in the order of the first op at which its members meet; that op names the variable. */
function sharedThresholds(graph: Graph, meetings: readonly Meeting[], groups: Groups): SharedThreshold[] {
  const meetingsOf = new Map<string, Meeting[]>();
  for (const meeting of meetings) {
    const group = groups.idOf(meeting.members[0] ?? '');
    const before = meetingsOf.get(group);
    if (before === undefined) meetingsOf.set(group, [meeting]);
    else before.push(meeting);
  }
  const taken = new Set<string>();
  return [...meetingsOf].flatMap(([group, [first, ...others]]) => {
    if (first === undefined) return [];
    const members = groups.members(group);
    const variable = variableName(graph, first, taken);
    taken.add(variable);
    const dtype = agreedType(graph, first.at, members);
    return [
      { rule: others.length === 0 ? first.rule : 'QNT19', at: [first, ...others].map(({ at }) => at.name), variable, dtype, members },
    ];
  });
}

/** QNT18: a name of its own: the original stops where two groups of one scope would get the same. */
function variableName(graph: Graph, { members, name }: Meeting, taken: ReadonlySet<string>): string {
  const base = `${commonScope(members)}/${name}`;
  let variable = `${base}/m_threshold`;
  for (let index = 1; graph.has(variable) || taken.has(variable); index += 1) variable = `${base}_${index}/m_threshold`;
  return variable;
}

/** Members agree in bits and element type; returns the element type. @throws GraffitistError `quantizer-conflict` */
function agreedType(graph: Graph, at: GraphNode, members: readonly string[]): QuantDType {
  const formats = members.map((scope) => formatAt(graph, scope));
  const [dtype, ...others] = new Set(members.map((scope) => typeAt(graph, scope)));
  if (dtype === undefined || others.length > 0 || new Set(formats.map(({ bits }) => bits)).size > 1) throw conflict(at, members, formats);
  return dtype;
}

/** QNT20: where one of a group is signed, all are: an unsigned one is made so. The original refuses such a graph. */
function agreeOnSign(graph: Graph, editor: GraphEditor, members: readonly string[], at: string): Note[] {
  const unsigned = members.filter((scope) => !formatAt(graph, scope).signed);
  if (unsigned.length === members.length) return [];
  return unsigned.map((scope) => {
    const { bits } = formatAt(graph, scope);
    const flag = editor.node(`${scope}/is_signed`);
    editor.replace(flag.with({ attrs: { value: { kind: 'tensor', value: makeTensor(typeAt(graph, scope), [], [1]) } } }));
    const text = `'${scope}' meets signed values here: it is int${bits} instead of uint${bits}, so that both share one scale.`;
    return { rule: 'QNT20', node: at, text };
  });
}

function formatAt(graph: Graph, scope: string): Format {
  return readFormat(graph, graph.node(`${scope}/LinearQuant`));
}

function typeAt(graph: Graph, scope: string): QuantDType {
  const T = graph.node(`${scope}/LinearQuant`).attr('T');
  return T?.kind === 'type' && T.value === 'float64' ? 'float64' : 'float32';
}

function conflict(at: GraphNode, members: readonly string[], formats: readonly Format[]): GraffitistError {
  const list = members.map((scope, index) => `'${scope}' (${formatName(formats[index] ?? { bits: 0, signed: false })})`);
  return new GraffitistError('quantizer-conflict', `The quantizers that meet here do not share the same format: ${list.join(', ')}.`, {
    about: at.name,
    remedy: 'Choose options that give them the same bit-width.',
  });
}
