import { create } from 'zustand';
import type {
  GraphInterface,
  OptionValue,
  PipelineFault,
  PipelineStep,
  RecipeInfo,
  RunRequest,
  TransformInfo,
} from '../../worker/protocol.ts';

interface PipelineState {
  /** Interface and steps: what Run runs, and what undo and redo walk through. */
  readonly request: RunRequest;
  readonly past: readonly RunRequest[];
  readonly future: readonly RunRequest[];
  /** Order faults of `request`, from the engine. */
  readonly faults: readonly PipelineFault[];
  readonly transforms: readonly TransformInfo[];
  readonly recipes: readonly RecipeInfo[];
}

export const EMPTY_REQUEST: RunRequest = { interface: { inputs: [], outputs: [], shape: null }, steps: [] };
const KEPT_EDITS = 200;

export const usePipeline = create<PipelineState>(() => ({
  request: EMPTY_REQUEST,
  past: [],
  future: [],
  faults: [],
  transforms: [],
  recipes: [],
}));

/** Every edit of pipeline or interface goes through here, so that each is one step of undo. */
export function edit(change: (request: RunRequest) => RunRequest): void {
  usePipeline.setState((state) => {
    const request = change(state.request);
    if (request === state.request) return state;
    return { request, past: [...state.past.slice(-KEPT_EDITS + 1), state.request], future: [] };
  });
}

export function undo(): void {
  usePipeline.setState(({ request, past, future }) => {
    const before = past.at(-1);
    return before === undefined ? {} : { request: before, past: past.slice(0, -1), future: [request, ...future] };
  });
}

export function redo(): void {
  usePipeline.setState(({ request, past, future }) => {
    const [after, ...rest] = future;
    return after === undefined ? {} : { request: after, past: [...past, request], future: rest };
  });
}

/** Another document: nothing to undo. */
export function startRequest(request: RunRequest): void {
  usePipeline.setState({ request, past: [], future: [], faults: [] });
}

export const newStepId = (): string => crypto.randomUUID().slice(0, 8);

export function newStep(transform: string, options: PipelineStep['options'] = {}): PipelineStep {
  return { id: newStepId(), transform, options, bypassed: false };
}

const editSteps = (change: (steps: readonly PipelineStep[]) => readonly PipelineStep[]): void =>
  edit((request) => ({ ...request, steps: change(request.steps) }));

const editStep = (id: string, change: (step: PipelineStep) => PipelineStep): void =>
  editSteps((steps) => steps.map((step) => (step.id === id ? change(step) : step)));

/** Places steps so that the first of them gets position `index`. */
export function insertSteps(index: number, added: readonly PipelineStep[]): void {
  editSteps((steps) => [...steps.slice(0, index), ...added, ...steps.slice(index)]);
}

/** Takes a step out and puts it back before the step that now has position `index`. */
export function moveStep(id: string, index: number): void {
  edit((request) => {
    const steps = moved(request.steps, id, index);
    return steps === request.steps ? request : { ...request, steps };
  });
}

/** `steps` with `id` before the step at `index` of the present order; the same array where nothing moves. */
export function moved(steps: readonly PipelineStep[], id: string, index: number): readonly PipelineStep[] {
  const from = steps.findIndex((step) => step.id === id);
  const step = steps[from];
  if (step === undefined || index === from || index === from + 1) return steps;
  const others = steps.filter((other) => other.id !== id);
  const to = index > from ? index - 1 : index;
  return [...others.slice(0, to), step, ...others.slice(to)];
}

export function removeStep(id: string): void {
  editSteps((steps) => steps.filter((step) => step.id !== id));
}

export function toggleBypass(id: string): void {
  editStep(id, (step) => ({ ...step, bypassed: !step.bypassed }));
}

/** `undefined` takes the option back to its default. */
export function setOption(id: string, name: string, value: OptionValue | undefined): void {
  editStep(id, (step) => {
    const { [name]: _former, ...others } = step.options;
    return { ...step, options: value === undefined ? others : { ...others, [name]: value } };
  });
}

/** The steps of a recipe, and the interface where it is that of a network: one edit. */
export function fillRecipe({ steps, interface: found }: RecipeInfo): void {
  edit((request) => ({
    ...request,
    ...(found === undefined ? {} : { interface: found }),
    steps: steps.map((step) => ({ ...step, id: newStepId() })),
  }));
}

export function setInterface(change: Partial<GraphInterface>): void {
  edit((request) => ({ ...request, interface: { ...request.interface, ...change } }));
}

/** A recipe or command line from outside: its ids may be those of other cards. */
export function replaceRequest(request: RunRequest): void {
  edit(() => ({ ...request, steps: request.steps.map((step) => ({ ...step, id: newStepId() })) }));
}
