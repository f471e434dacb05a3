/** Which road fits a network that quantization has changed: from facts to suggestions, nothing else. */
import type { SuggestedStep, Suggestion } from '../protocol.ts';

/** What is known of a quantized network and of the float one beside it. */
export interface RoadFacts {
  /** Share of right answers; null: no labels. */
  readonly accuracy: { readonly float: number; readonly quantized: number } | null;
  /** Share of images with the same answer; null: no output answers. */
  readonly agreement: number | null;
  readonly classes: number;
  /** Transforms that were applied. */
  readonly transforms: ReadonlySet<string>;
  /** Weight thresholds were searched (SRCH1). */
  readonly searched: boolean;
  /** Thresholds are trained. */
  readonly trained: boolean;
  /** The graph as it was opened has variables to train. */
  readonly variables: boolean;
  /** Depthwise layers with weights of less than 8 bits. */
  readonly narrowDepthwise: readonly string[];
  readonly depthwise: number;
}

/** ROAD1: a loss of a point, or one answer in fifty that differs, is what rounding costs. */
const POINT = 0.01;
const AGREES = 0.98;
/** ROAD3: less than this part of what the float network has over guessing is left. */
const LOST = 0.5;

/** ROAD1 … ROAD6: what to do next, the cheapest first; a single `none` where nothing is wrong, and no suggestion where nothing is known. */
export function roadsFor(facts: RoadFacts): readonly Suggestion[] {
  const state = stateOf(facts);
  if (state === 'unknown') return [];
  if (state === 'fine') {
    return [
      { rule: 'ROAD1', title: 'Nothing to repair', why: `${lossText(facts)} That is what rounding costs.`, change: { kind: 'none' } },
    ];
  }
  return [...widerDepthwise(facts), ...withoutTraining(facts), ...(state === 'lost' ? search(facts) : []), ...retraining(facts)];
}

function stateOf({ accuracy, agreement, classes }: RoadFacts): 'unknown' | 'fine' | 'degraded' | 'lost' {
  if (accuracy !== null) {
    const chance = 1 / Math.max(1, classes);
    // A difference of shares carries the rounding of both: 0.80 − 0.79 is a point.
    if (accuracy.float - accuracy.quantized <= POINT + 1e-9) return 'fine';
    return accuracy.quantized - chance < LOST * (accuracy.float - chance) ? 'lost' : 'degraded';
  }
  if (agreement === null) return 'unknown';
  if (agreement >= AGREES) return 'fine';
  return agreement < LOST ? 'lost' : 'degraded';
}

/** ROAD2: below 8 bits the channels of a depthwise layer do not fit one threshold, whatever else is done. */
function widerDepthwise({ narrowDepthwise: layers }: RoadFacts): Suggestion[] {
  if (layers.length === 0) return [];
  const why = `${count(layers.length, 'depthwise layer')} with less than 8 bits: one threshold for all channels leaves the weights of the small ones 0, and training does not bring them back.`;
  return [
    { rule: 'ROAD2', title: '8 bits for depthwise layers', why, change: { kind: 'bits', lines: layers.map((layer) => `${layer}, -8`) } },
  ];
}

/** ROAD4: moved ranges and shifted means are repaired exactly, without images. */
function withoutTraining({ transforms, depthwise }: RoadFacts): Suggestion[] {
  const missing = ['equalize_layers', 'correct_biases'].filter((transform) => !transforms.has(transform));
  const steps = missing.map((transform): SuggestedStep => ({ transform, options: {} }));
  if (steps.length === 0) return [];
  const why = missing.includes('equalize_layers')
    ? `One threshold per tensor serves channels of one size best${depthwise > 0 ? ', and those of depthwise layers differ most' : ''}: scale moves between layers, the float function stays.`
    : 'Rounding weights moves the means of outputs; the biases take that off.';
  return [{ rule: 'ROAD4', title: missing.map(titleOf).join(', '), why, change: { kind: 'steps', steps } }];
}

/** ROAD5: clipped weights can cost less than coarse ones; which, the network's own answers say. */
function search({ searched, trained }: RoadFacts): Suggestion[] {
  if (searched || trained) return [];
  const why =
    'The largest weight sets the scale of all: thresholds below it are tried layer by layer, by the answers on the calibration images.';
  return [{ rule: 'ROAD5', title: 'Search weight thresholds', why, change: { kind: 'options', options: { weight_search: 'kl' } } }];
}

/** ROAD6 */
function retraining({ trained, variables, accuracy }: RoadFacts): Suggestion[] {
  if (trained) return [];
  const targets = accuracy === null ? 'distillation' : 'labels';
  const by = targets === 'labels' ? 'the labels' : "the float network's answers, for there are no labels";
  const why = `Weights and thresholds are trained by ${by}${variables ? '' : '; weights that are constants are thawed first'}.`;
  return [{ rule: 'ROAD6', title: 'Retrain', why, change: { kind: 'retrain', thaw: !variables, targets } }];
}

function titleOf(transform: string): string {
  return transform === 'equalize_layers' ? 'Equalize layers' : 'correct biases';
}

function lossText({ accuracy, agreement }: RoadFacts): string {
  if (accuracy !== null) return `Top-1 is ${(100 * accuracy.quantized).toFixed(2)} % of ${(100 * accuracy.float).toFixed(2)} % in float.`;
  return `${(100 * (agreement ?? 0)).toFixed(1)} % of the answers are those of the float network.`;
}

function count(value: number, unit: string): string {
  return `${value} ${unit}${value === 1 ? '' : 's'}`;
}
