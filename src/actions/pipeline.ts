import type { PipelineFault, RunRequest } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useDocument } from '../state/document.ts';
import { insertSteps, newStep, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { quietly } from './jobs.ts';

/** Reads the transforms with their option schemas and the ready-made recipes. */
export async function loadTransforms(): Promise<void> {
  const [transforms] = await Promise.all([quietly(() => engine().transforms(), []), loadRecipes()]);
  usePipeline.setState({ transforms });
}

/** Reads the recipes for the open document: those of the network that it holds come first. */
export async function loadRecipes(): Promise<void> {
  usePipeline.setState({ recipes: await quietly(() => engine().recipes(), []) });
}

export function checkRequest(request: RunRequest): Promise<readonly PipelineFault[]> {
  return quietly(() => engine().check(request), []);
}

async function readFeeds(): Promise<void> {
  const { summary, generation } = useDocument.getState();
  if (summary === null) return;
  const feeds = await quietly(() => engine().feeds(usePipeline.getState().request.interface), []);
  if (useDocument.getState().generation === generation) useDocument.setState({ feeds });
}

/** Keeps the order faults, and which data feeds which input, in step with the pipeline. */
export function watchPipeline(): void {
  let asked = 0;
  const check = async (): Promise<void> => {
    const turn = ++asked;
    const faults = await checkRequest(usePipeline.getState().request);
    if (turn === asked) usePipeline.setState({ faults });
  };
  usePipeline.subscribe((state, before) => {
    if (state.request === before.request) return;
    // What was wrong with the former request is no longer said of this one.
    useRun.setState({ error: null });
    void check();
    if (state.request.interface !== before.request.interface) void readFeeds();
  });
  useDocument.subscribe((state, before) => {
    if (state.generation !== before.generation) void check();
    if (state.summary !== before.summary) void readFeeds();
  });
}

/** Adds a transform where it makes the fewest order faults, the later the better. @returns the id of its card */
export async function addTransform(transform: string): Promise<string> {
  const { request } = usePipeline.getState();
  const step = newStep(transform);
  let best = { index: request.steps.length, faults: Number.POSITIVE_INFINITY };
  for (let index = request.steps.length; index >= 0 && best.faults > 0; index--) {
    const steps = [...request.steps.slice(0, index), step, ...request.steps.slice(index)];
    const faults = (await checkRequest({ ...request, steps })).length;
    if (faults < best.faults) best = { index, faults };
  }
  insertSteps(best.index, [step]);
  return step.id;
}

/** Inserts what a fault says is missing before its step. */
export function mend(fault: PipelineFault): void {
  const { steps } = usePipeline.getState().request;
  const index = steps.findIndex((step) => step.id === fault.step);
  const missing = fault.insert.filter(
    (name) => !steps.slice(0, Math.max(index, 0)).some((step) => step.transform === name && !step.bypassed),
  );
  if (index >= 0)
    insertSteps(
      index,
      missing.map((name) => newStep(name)),
    );
}
