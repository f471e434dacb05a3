import { GraffitistError } from '../errors.ts';
import type { Edge, Graph, GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { type OverriddenBits, overrideBits } from '../quantize/bitsList.ts';
import { channelAxis, convSplits } from '../quantize/finish/convSplits.ts';
import { castToDouble } from '../quantize/finish/doubleCasts.ts';
import { type FinishPlan, finishQuantized } from '../quantize/finish/finish.ts';
import { leftShifts } from '../quantize/finish/leftShifts.ts';
import { formatName, formatOf } from '../quantize/fixedPoint.ts';
import { leftInFloat } from '../quantize/leftInFloat.ts';
import { type MergedByHand, mergeByHand } from '../quantize/manualMerge.ts';
import { parentScope } from '../quantize/naming.ts';
import { placeAvgPool } from '../quantize/placement/avgpool.ts';
import { placeBetween } from '../quantize/placement/between.ts';
import { placeInputs } from '../quantize/placement/input.ts';
import { type Inserted, insertQuantizers } from '../quantize/placement/insert.ts';
import { placeLayers } from '../quantize/placement/layers.ts';
import { COMPUTE_OPS, isFromAvgPool, RELU_OPS } from '../quantize/placement/ops.ts';
import type { Pass, PlacementSettings } from '../quantize/placement/placement.ts';
import { placeRescale } from '../quantize/placement/rescale.ts';
import { placeSeparable } from '../quantize/placement/separable.ts';
import { type SharedThreshold, shareThresholds } from '../quantize/sharing.ts';
import { isRefused } from './graffitistOps.ts';
import { depthwiseRanges, depthwiseVariables, unevenness } from './layers/channelSpread.ts';
import { addMissingBiases } from './missingBiases.ts';
import { bits, choice, flag, list, nodeName, otherBits, textFile } from './options.ts';
import { type QuantizeLists, readLists } from './quantizeLists.ts';
import type { Change, Finish, OptionValues, Transform, TransformContext, Warning } from './transform.ts';

/** In the order in which the original places quantizers, and what it leaves out last; each pass sees what the ones before it did. */
const PASSES: readonly Pass[] = [placeLayers, placeInputs, placeSeparable, placeRescale, placeAvgPool, placeBetween];

/** Quantizers on weights, activations and sums, with power-of-two scales that ops share where their codes meet. */
export const quantize: Transform = {
  name: 'quantize',
  summary: 'Put fixed-point quantizers on weights, sums and activations, and calibrate their thresholds.',
  options: {
    weight_bits: bits(-8, 'Weights of compute layers.', { common: true }),
    activation_bits: bits(-8, 'Network inputs, sums, outputs without activation.', { common: true }),
    input_bits: otherBits('Network inputs; as activation_bits unless given. Inputs from 0 to 1 use all of 8 (unsigned).'),
    layer_bits: bits(-16, 'Accumulators and biases.', { common: true }),
    relu_bits: bits(8, 'Outputs of relu and relu6.', { common: true }),
    avgpool_bits: bits(8, 'Outputs of average pools.'),
    avgpool_reciprocal_bits: bits(8, 'The constant that an average pool multiplies with.'),
    first_layer: nodeName('Weights in the scope of this layer keep 8 bits.', { common: true }),
    last_layer: nodeName('Weights in the scope of this layer keep 8 bits.', { common: true }),
    bits_list: textFile(
      'Text file: lines `name, bits`: bits of the weights of a layer, of the layers in a scope (`net/block1/`) or of a pattern (`*depthwise*`), or of a quantizer.',
    ),
    missing_bias: choice(
      ['auto', 'float', 'zero'],
      'auto',
      'Layers without bias: left in float as in the original, or with a bias of zeros, so that they are quantized; auto: in float in graphs that the original takes.',
    ),
    remaining: choice(
      ['auto', 'float', 'quantize'],
      'auto',
      'Sums and activations that no pattern covers: left in float or quantized; auto: in graphs that the original takes only sums of three and more.',
    ),
    max_thresholds: list('Quantizers (by name) whose threshold is the largest value, where KL-J would clip too much.'),
    layer_merge_list: textFile('Text file: lines of node names whose quantizers share a threshold.'),
    left_shift_list: textFile('Text file: lines `weight node, shift` whose weights get so many fraction bits more.'),
    conv_split_list: textFile('Text file: lines `conv node, channel depth, split depth` to be computed in parts of input channels.'),
    dump_quant_params: flag(false, 'Write quantization_params.json and quantized_weights.h5.'),
    bit_accurate: flag(false, 'Compute convolutions, matrix products and average pools in float64, casts around them.'),
    is_training: flag(false, 'Thresholds that can be trained and frozen; for a graph whose batch norms were folded for training.'),
    weight_threshold: choice(
      ['auto', 'max', '3sd'],
      'auto',
      'Thresholds of weights: the largest value or |mean| + 3 standard deviations; auto: 3sd where is_training, else max.',
    ),
    weight_search: choice(
      ['none', 'kl'],
      'none',
      'Searches thresholds of weights by how little the answers on the calibration images change (kl), where static quantization loses them; takes a minute or more.',
    ),
    calibrate_quant_layers: flag(true, 'Find thresholds on the calibration data; off: they come from a checkpoint.'),
  },
  after: ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers'],
  notAfter: ['freeze_graph', 'quantize'],
  looksAt: ({ graph }, options) => (warnsOfDepthwise(options) ? depthwiseVariables(graph) : []),
  apply: (model, options, context) => {
    refuseQuantized(model);
    refuseChannelsFirst(model);
    const lists = readLists(options, context);
    const settings = settingsOf(model, options);
    const inserted: Inserted[] = [];
    const warnings: Warning[] = [];
    const addsBiases = options.missing_bias === 'zero' || (options.missing_bias === 'auto' && isRefused(model));
    const biased = addsBiases ? addMissingBiases(model) : { graph: model.graph, changes: [] };
    let placed = biased.graph;
    for (const pass of PASSES) {
      const found = pass(placed, settings);
      const insertion = insertQuantizers(placed, found.placements, settings);
      placed = insertion.graph;
      inserted.push(...insertion.inserted);
      warnings.push(...found.warnings, ...insertion.warnings);
    }
    const sharing = shareThresholds(placed, completedSums(placed, inserted));
    const bits = overrideBits(sharing.graph, lists.bits, [settings.firstLayer, settings.lastLayer]);
    const { graph, merged, warnings: byHand } = mergeByHand(bits.graph, lists.merge);
    const { shared, warnings: overlaps } = sharing;
    return {
      model: { ...model, graph },
      changes: [
        ...biased.changes,
        ...inserted.map((quantizer) => insertedChange(quantizer, graph)),
        ...shared.map(sharedChange),
        ...bits.overridden.map(overriddenChange),
        ...merged.map(mergedChange),
      ],
      skipped: leftInFloat(biased.graph, graph, model.inputs, settings.training),
      warnings: [
        ...warnings,
        ...overlaps,
        ...bits.warnings,
        ...byHand,
        ...bypassedOutputs(model.outputs, inserted),
        ...unknownLayers(placed, settings),
        ...staticDepthwise(biased.graph, graph, options, context),
      ],
      finish: finishing(model, graph, options, lists),
    };
  },
};

/** Reads the list files and says what is wrong in them, before anything is calibrated. */
function finishing(before: Model, graph: Graph, options: OptionValues, lists: QuantizeLists): Finish {
  const plan: FinishPlan = {
    leftShifts: leftShifts(graph, lists.leftShift),
    dump: options.dump_quant_params === true,
    bitAccurate: options.bit_accurate === true,
    convSplits: convSplits(graph, lists.convSplit, (conv) => inputChannels(before, conv)),
  };
  if (plan.bitAccurate) castToDouble(graph, { changes: [], warnings: [] });
  return (model, thresholds) => {
    const { graph: finished, dumped, ...rest } = finishQuantized(model.graph, thresholds, plan);
    return {
      ...rest,
      model: { ...model, graph: finished },
      shifted: plan.leftShifts.length > 0,
      dumped: dumped === null ? null : { ...model, graph: dumped },
    };
  };
}

/** As shapes before quantize tell it: quantizers change none. */
function inputChannels({ graph, shapes }: Model, { name }: GraphNode): number | undefined {
  const conv = graph.find(name);
  const [input] = conv?.edges ?? [];
  const channels = conv && input && shapes.get(input.node)?.[input.port]?.[channelAxis(conv)];
  return channels === undefined || channels < 0 ? undefined : channels;
}

function settingsOf(model: Model, options: OptionValues): PlacementSettings {
  const width = (name: string): number => {
    const value = options[name];
    if (typeof value === 'number') return value;
    throw new GraffitistError('option-invalid', `'${value}' is not a bit-width.`, { about: name });
  };
  const layer = (name: string): string | null => {
    const value = options[name];
    return typeof value === 'string' ? value : null;
  };
  const refused = isRefused(model);
  return {
    inputs: model.inputs,
    weightBits: width('weight_bits'),
    inputBits: options.input_bits === null ? width('activation_bits') : width('input_bits'),
    activationBits: width('activation_bits'),
    layerBits: width('layer_bits'),
    reluBits: width('relu_bits'),
    avgpoolBits: width('avgpool_bits'),
    refused,
    poolsKeepSign: width('avgpool_bits') < 0 || refused,
    avgpoolReciprocalBits: width('avgpool_reciprocal_bits'),
    firstLayer: layer('first_layer'),
    lastLayer: layer('last_layer'),
    remaining: remainingOf(options, refused),
    training: options.is_training === true,
  };
}

/** QNT50: what Graffitist leaves in float stays so where it takes the graph, save sums of three and more. */
function remainingOf({ remaining }: OptionValues, refused: boolean): PlacementSettings['remaining'] {
  if (remaining === 'float') return 'none';
  return remaining === 'auto' && !refused ? 'long-sums' : 'all';
}

function refuseQuantized(model: Model): void {
  const quantizer = model.graph.nodes.find(({ op }) => op === 'LinearQuant');
  if (quantizer === undefined) return;
  throw new GraffitistError('quantizer-conflict', 'The graph has quantizers already.', {
    about: quantizer.name,
    remedy: 'Start from the float graph.',
  });
}

/** Channels first can be rewritten, but neither calibrated nor scaled per channel here. @throws GraffitistError `op-unsupported` */
function refuseChannelsFirst({ graph, outputs }: Model): void {
  const live = ancestors(graph, outputs);
  const layer = graph.nodes.find((node) => COMPUTE_OPS.has(node.op) && live.has(node.name) && layoutOf(node) === 'NCHW');
  if (layer === undefined) return;
  throw new GraffitistError('op-unsupported', `Node '${layer.name}' (${layer.op}): data format NCHW is not supported.`, {
    about: layer.name,
    remedy: 'Export the graph with channels last (NHWC).',
  });
}

function layoutOf(node: GraphNode): string | undefined {
  const layout = node.attr('data_format');
  return layout?.kind === 'string' ? layout.value : undefined;
}

function insertedChange({ placement, scope, nodes }: Inserted, graph: Graph): Change {
  const { rule, producer, suffix } = placement;
  const rounding = placement.rounding === 'round' ? '' : `, ${placement.rounding}`;
  const linearQuant = `${scope}/LinearQuant`;
  return {
    rule,
    summary: `${suffix} on ${producer}: ${formatName(formatOf(placement.bits))}${rounding}`,
    before: [producer],
    after: [linearQuant, ...nodes.filter((name) => name !== linearQuant && graph.has(name))],
  };
}

function sharedChange({ rule, at, variable, members }: SharedThreshold): Change {
  return {
    rule,
    summary: `${members.length} quantizers at ${at.join(', ')} share one threshold`,
    before: members.map((scope) => `${scope}/threshold`),
    after: [variable],
  };
}

function overriddenChange({ rule, quantizer, summary }: OverriddenBits): Change {
  return { rule, summary, before: [`${quantizer}/LinearQuant`], after: [`${quantizer}/bitwidth`, `${quantizer}/is_signed`] };
}

function mergedChange({ rule, variable, members }: MergedByHand): Change {
  return {
    rule,
    summary: `${members.length} quantizers merged by hand share one threshold`,
    before: members.map((scope) => `${scope}/threshold`),
    after: [variable],
  };
}

/** Sums that QNT50 quantized, at their own output or behind the relu that reads them. */
function completedSums(graph: Graph, inserted: readonly Inserted[]): ReadonlySet<string> {
  const producers = inserted.filter(({ placement }) => placement.rule === 'QNT50').map(({ placement }) => graph.node(placement.producer));
  return new Set(producers.flatMap((node) => [node.name, ...(RELU_OPS.has(node.op) ? [graph.input(node, 0).name] : [])]));
}

/** QNT29: a name that no layer answers to is most likely misspelt. */
function unknownLayers(graph: Graph, { firstLayer, lastLayer }: PlacementSettings): Warning[] {
  const scopes = new Set(graph.nodes.filter(({ op }) => COMPUTE_OPS.has(op)).map(({ name }) => parentScope(name)));
  const given = { first_layer: firstLayer, last_layer: lastLayer };
  return Object.entries(given).flatMap(([option, name]) =>
    name === null || scopes.has(parentScope(name))
      ? []
      : [{ rule: 'QNT29', node: name, text: `${option}: no layer stands in the scope of this name, and no weights keep 8 bits for it.` }],
  );
}

/** QNT33: a median channel below a quarter of the largest has less than 6 of 8 bits. */
const UNEVEN = 4;

/** QNT33: on MobileNets thresholds that are found and not trained lose nearly everything (facts 9, 11 #24) where channels differ widely. */
function staticDepthwise(before: Graph, graph: Graph, options: OptionValues, { variables }: TransformContext): Warning[] {
  if (!warnsOfDepthwise(options)) return [];
  const layers = graph.nodes.filter(
    ({ op, name, edges }) => op === 'DepthwiseConv2dNative' && !isFromAvgPool(name) && isQuantized(graph, edges[1]),
  );
  const measured = new Map(depthwiseRanges(before, variables).map((ranges) => [ranges.layer, unevenness(ranges)]));
  const uneven = layers.filter(({ name }) => (measured.get(name) ?? Number.POSITIVE_INFINITY) > UNEVEN);
  const [first] = uneven;
  if (first === undefined) return [];
  const count = uneven.length === 1 ? 'One depthwise layer has' : `${uneven.length} depthwise layers have`;
  const most = Math.max(...uneven.map(({ name }) => measured.get(name) ?? 0));
  const widely = most > 0 ? ` (the largest up to ${most.toFixed(0)} times the median)` : '';
  const text = `${count} one scale for weights of channels that differ widely${widely}: static quantization usually loses most of the accuracy here. Equalize layers, or retrain (recipe 3: fold_batch_norms and quantize with is_training=True on the training graph).`;
  return [{ rule: 'QNT33', node: first.name, text }];
}

function warnsOfDepthwise({ is_training: training, calibrate_quant_layers: calibrated }: OptionValues): boolean {
  return training !== true && calibrated !== false;
}

function isQuantized(graph: Graph, edge: Edge | undefined): boolean {
  return edge !== undefined && graph.find(edge.node)?.op === 'LinearQuant';
}

/** A quantizer hangs off a graph output; the named output itself still delivers what came before it. */
function bypassedOutputs(outputs: readonly string[], inserted: readonly Inserted[]): Warning[] {
  const bypassed = inserted.filter(({ placement }) => outputs.includes(placement.producer));
  return bypassed.map(({ placement: { rule, producer }, scope }) => ({
    rule,
    node: producer,
    text: `This output delivers the values before its quantizer; the quantized ones are at '${scope}/LinearQuant'.`,
  }));
}
