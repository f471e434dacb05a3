import { GraffitistError } from '../errors.ts';
import { importOrder } from '../graph/importOrder.ts';
import type { Model } from '../graph/model.ts';
import { refuseControlFlow, refuseDanglingInputs } from '../graph/validate.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { resolveConditions } from './conditions.ts';
import { isRefused } from './graffitistOps.ts';
import { completeOptions } from './options.ts';
import { transformNamed } from './registry.ts';
import type { OptionValues, TransformContext, TransformResult } from './transform.ts';

/** One card of a pipeline. */
export interface Step {
  readonly id: string;
  readonly transform: string;
  readonly options: OptionValues;
  readonly bypassed: boolean;
}

/** Why a step cannot stand where it stands; `insert` are transforms that mend it when put before the step. */
export interface OrderFault {
  readonly step: string;
  readonly message: string;
  readonly insert: readonly string[];
}

/**
 * Order faults of a pipeline, found without running it. Bypassed steps do not count.
 *
 * @throws GraffitistError `transform-unknown`
 */
export function checkPipeline(steps: readonly Step[]): OrderFault[] {
  const active = steps.filter((step) => !step.bypassed);
  const faults: OrderFault[] = [];
  const applied = new Set<string>();
  active.forEach((step, position) => {
    const transform = transformNamed(step.transform);
    const absent = transform.after.filter((name) => !applied.has(name));
    if (absent.length > 0) {
      const later = new Set(active.slice(position + 1).map((other) => other.transform));
      faults.push({ step: step.id, message: requires(step.transform, absent, later), insert: absent.filter((name) => !later.has(name)) });
    }
    for (const name of transform.notAfter.filter((other) => applied.has(other))) {
      faults.push({ step: step.id, message: cannotFollow(step.transform, name), insert: [] });
    }
    applied.add(step.transform);
  });
  return faults;
}

/** For steps that read neither files nor variables. */
export const NO_CONTEXT: TransformContext = { files: new Map(), variables: new Map() };

/** What a step did. */
export interface StepResult extends TransformResult {
  readonly step: Step;
}

/**
 * Runs the steps one after the other; bypassed ones are left out. Each result is handed out as soon as it is there, so that a caller
 * can show it, breathe and stop.
 *
 * @throws GraffitistError `pipeline-order`, `graph-control-flow` before anything runs; whatever a transform throws, when it is reached
 */
export function* runTransforms(model: Model, steps: readonly Step[], context = NO_CONTEXT): Generator<StepResult, Model> {
  const [fault] = checkPipeline(steps);
  if (fault !== undefined) throw new GraffitistError('pipeline-order', fault.message, { about: fault.step });
  let current = model;
  for (const step of steps) {
    if (step.bypassed) continue;
    const result = applyStep(current, step, context);
    current = result.model;
    yield { step, ...result };
  }
  return current;
}

/** Applies one step whatever stands before it: options are completed, the graph that comes out is valid and in TensorFlow's order. */
export function applyStep(model: Model, step: Pick<Step, 'transform' | 'options'>, context = NO_CONTEXT): TransformResult {
  const transform = transformNamed(step.transform);
  const conditions = resolveConditions(model);
  refuseControlFlow(conditions.graph, model.outputs, model.inputs);
  const started = { ...model, graph: conditions.graph, refused: isRefused(model) };
  const result = transform.apply(started, completeOptions(transform, step.options), context);
  return { ...result, changes: [...conditions.changes, ...result.changes], model: settledModel(result.model) };
}

/** The model with its graph checked, in TensorFlow's order and with static shapes inferred anew. @throws GraffitistError `graph-cycle`, `graph-dangling-input` */
export function settledModel(model: Model): Model {
  const graph = importOrder(model.graph);
  refuseDanglingInputs(graph);
  return { ...model, graph, shapes: inferShapes(graph) };
}

function requires(transform: string, absent: readonly string[], later: ReadonlySet<string>): string {
  const [first = ''] = absent;
  const moved = absent.filter((name) => later.has(name));
  const added = absent.filter((name) => !later.has(name));
  const mend = [
    added.length > 0 ? `add ${names(added)} before it` : '',
    moved.length > 0 ? `move ${names(moved)} up, before it` : '',
  ].filter((part) => part !== '');
  return `Transform '${transform}' requires '${first}' to be applied first! To mend this, ${mend.join(' and ')}.`;
}

function cannotFollow(transform: string, earlier: string): string {
  const again = transform === earlier;
  return `Transform '${transform}' cannot be applied after '${earlier}'! To mend this, ${again ? 'remove one of the two' : `move it up, before '${earlier}'`}.`;
}

function names(list: readonly string[]): string {
  return list.map((name) => `'${name}'`).join(' and ');
}
