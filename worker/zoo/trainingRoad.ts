import type { GraphForm, OptionValues, PipelineStep, RecipeInfo } from '../protocol.ts';

/** Options of `quantize` that belong to an inference graph: training leaves them for the end. */
const INFERENCE_ONLY: ReadonlySet<string> = new Set([
  'is_training',
  'calibrate_quant_layers',
  'left_shift_list',
  'conv_split_list',
  'dump_quant_params',
  'bit_accurate',
]);

/** What brings channels of different range to one before `quantize`, in inference graphs and in those to train. */
export const EQUALIZING: readonly string[] = ['equalize_layers', 'correct_biases'];

/** Whether a graph can be trained as it is, or has to be thawed first. */
export function isTrainable(form: GraphForm | undefined): boolean {
  return form === 'training' || form === 'either';
}

/**
 * The steps that make a graph to retrain: recipe 3a; before it, where the graph was exported for evaluation, what makes variables of its
 * constants and tells which variables are trained. What equalizes layers stays, and bits, lists and first and last
 * layer are those of the pipeline at hand.
 */
export function trainingSteps(form: GraphForm, recipe: RecipeInfo, before: readonly PipelineStep[]): readonly Omit<PipelineStep, 'id'>[] {
  const quantize = before.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed)?.options ?? {};
  const kept: OptionValues = Object.fromEntries(Object.entries(quantize).filter(([name]) => !INFERENCE_ONLY.has(name)));
  const equalizing = before.filter(({ transform, bypassed }) => EQUALIZING.includes(transform) && !bypassed);
  const steps = recipe.steps.flatMap(({ transform, options, bypassed }) =>
    transform === 'quantize'
      ? [...equalizing.map(withoutId), { transform, options: { ...options, ...kept }, bypassed }]
      : [{ transform, options, bypassed }],
  );
  if (isTrainable(form)) return steps;
  // Batch norms of such a graph are in inference form and are folded so.
  const folded = steps.map((step) => (step.transform === 'fold_batch_norms' ? { ...step, options: {} } : step));
  return [{ transform: 'thaw_graph', options: {}, bypassed: false }, ...folded];
}

function withoutId({ transform, options, bypassed }: PipelineStep): Omit<PipelineStep, 'id'> {
  return { transform, options, bypassed };
}
