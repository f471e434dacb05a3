import { calibrate as calibrateModel } from './calibrate/calibrate.ts';
import { ComputePool, workersFor } from './compute/pool.ts';
import type { SpawnCompute } from './compute/port.ts';
import { parseCommandLine, printCommandLine } from './engine/commandLine.ts';
import {
  addToDocument,
  calibrationOf,
  type OpenDocument,
  openDocument,
  refuseBrokenCheckpoint,
  summarize,
  textOf,
} from './engine/document.ts';
import { downloadFiles } from './engine/download.ts';
import { explainGraph } from './engine/explain.ts';
import { inspectNode } from './engine/inspect.ts';
import { parseRecipe, requestOf } from './engine/recipe.ts';
import { RECIPES } from './engine/recipes.ts';
import { type Calibrate, runPipeline } from './engine/run.ts';
import { readSnapshot, writeSnapshot } from './engine/snapshot.ts';
import { openedStage, quantizerRows, type StageState, sceneInput, stageInfo } from './engine/stage.ts';
import { GraffitistError } from './errors.ts';
import { compareOutputs } from './evaluate/compareOutputs.ts';
import type { BackendName } from './execute/backend.ts';
import { probeWebGpu } from './execute/probeWebGpu.ts';
import type { BackendInfo, Engine, OptionValues, RunReport, RunRequest } from './protocol.ts';
import type { Quantizer } from './quantize/quantizer.ts';
import { readQuantizers } from './quantize/readQuantizers.ts';
import { buildScene, revealPath, searchNodes } from './scene/scene.ts';
import { checkPipeline } from './transforms/pipeline.ts';
import { TRANSFORMS } from './transforms/registry.ts';

/** What the engine needs from where it runs: a page's worker, Node, a test. */
export interface EngineHost {
  /** Starts one compute worker. */
  readonly spawn: SpawnCompute;
  readonly cores: number;
  /** Undefined: WebGPU where the adapter is hardware, else wasm. */
  readonly backend?: BackendName;
}

/** An engine in this thread: what `serveEngine` puts behind a port, and what the command line and tests call. */
export interface LocalEngine extends Engine {
  /** Ends the compute workers. */
  dispose(): Promise<void>;
}

/** Everything of a run that later calls read. */
interface LastRun {
  readonly request: RunRequest;
  readonly stages: readonly StageState[];
  readonly report: RunReport;
}

/** Makes an engine. It never computes tensors itself: its compute workers do. */
export function createEngine(host: EngineHost): LocalEngine {
  let document: OpenDocument | null = null;
  let opened: StageState | null = null;
  let last: LastRun | null = null;
  let chosen: BackendName | null = host.backend ?? null;
  let pool: ComputePool | null = null;

  const current = (): { document: OpenDocument; opened: StageState } => {
    if (document === null || opened === null)
      throw new GraffitistError('data-missing', 'No graph is open.', { remedy: 'Open a .pb first.' });
    return { document, opened };
  };
  const stageAt = (index: number): StageState => {
    const stage = index === 0 ? current().opened : last?.stages[index - 1];
    if (stage === undefined) throw new GraffitistError('internal', `There is no stage ${index}.`, { remedy: 'Run the pipeline again.' });
    return stage;
  };
  const stages = (): readonly StageState[] => [current().opened, ...(last?.stages ?? [])];
  const backend = async (): Promise<BackendName> => {
    if (chosen === null) {
      const gpu = await probeWebGpu();
      chosen = gpu.available && !gpu.software ? 'webgpu' : 'wasm';
    }
    return chosen;
  };
  /** The workers at hand, started anew where they died or another backend was chosen. */
  const workers = async (signal: AbortSignal | undefined): Promise<ComputePool> => {
    const name = await backend();
    if (pool !== null && !pool.broken && pool.backend === name) return pool;
    pool?.dispose();
    pool = null;
    pool = await ComputePool.start({ spawn: host.spawn, backend: name, workers: workersFor(name, host.cores) }, { signal });
    return pool;
  };
  const calibrateWith =
    (source: OpenDocument): Calibrate =>
    async (model, options, job) => {
      refuseBrokenCheckpoint(source, model.graph);
      return calibrateModel(model, calibrationOf(source), {
        pool: () => workers(job.signal),
        job,
        methods: chosenMethods(options, readQuantizers(model.graph)),
      });
    };
  const adopt = async (next: OpenDocument): Promise<void> => {
    opened = await openedStage(next);
    document = next;
  };

  return {
    transforms: async () => TRANSFORMS.map(({ name, summary, options, after, notAfter }) => ({ name, summary, options, after, notAfter })),
    recipes: async () => RECIPES,
    backends: async () => listBackends(await backend(), host.cores),
    useBackend: async (name) => {
      chosen = name;
    },

    open: async (files) => {
      await adopt(await openDocument(files));
      last = null;
      return summarize(current().document);
    },
    add: async (files) => {
      await adopt(await addToDocument(current().document, files));
      return summarize(current().document);
    },

    check: async (request) => checkPipeline(request.steps),
    run: async (request, job = {}) => {
      const source = current().document;
      const services = { calibrate: calibrateWith(source), textOf: (name: string) => textOf(source, name) };
      const outcome = await runPipeline(current().opened.model, request, services, job);
      last = { request, ...outcome };
      return outcome.report;
    },
    calibrate: async (files, job = {}) => {
      const data = files === null ? current().document : await addToDocument(current().document, files);
      const index = last?.stages.findIndex((stage) => stage.title === 'quantize') ?? -1;
      const stage = last?.stages[index];
      if (last === null || stage === undefined) {
        throw new GraffitistError('pipeline-order', 'There is no quantized graph to calibrate.', {
          remedy: 'Run a pipeline with quantize first.',
        });
      }
      const options = last.request.steps.find((step) => step.id === stage.step)?.options ?? {};
      const calibrated = await calibrateWith(data)(stage.model, options, job);
      document = data;
      last = withCalibration(last, index, calibrated);
      return calibrated.calibration;
    },
    stages: async () => stages().map(stageInfo),

    scene: async (request, job = {}) => buildScene(sceneInput(stageAt(request.stage)), request, job.signal),
    reveal: async (stage, reading, node) => revealPath(sceneInput(stageAt(stage)), reading, node),
    search: async (stage, text, limit) => searchNodes(stageAt(stage).model.graph, text, limit),
    inspect: async (stage, node) => inspectNode(stageAt(stage), node, last?.report.steps ?? []),
    explain: async (graphInterface) => explainGraph(current().opened.model, graphInterface),
    quantizers: async (stage) => quantizerRows(stageAt(stage)),
    histogram: async (stage, quantizer) => stageAt(stage).statistics.get(quantizer)?.histogram ?? null,
    compareOutputs: async (images, job = {}) => {
      const data = current().document.arrays;
      if (data.length === 0)
        throw new GraffitistError('data-missing', 'There are no images to compare on.', { remedy: 'Add a calibration_set.npy.' });
      const quantized = stages().at(-1);
      const float = last?.stages.findLast((stage) => stage.statistics.size === 0 && stage.thresholds.size === 0) ?? current().opened;
      if (quantized === undefined) throw new GraffitistError('internal', 'There is no stage.');
      return compareOutputs({ float: float.model, quantized, data, images, pool: await workers(job.signal), job });
    },

    download: async (form, job = {}) => {
      const final = stages().at(-1);
      if (final === undefined) throw new GraffitistError('internal', 'There is no stage.');
      if (form !== 'recipe') refuseBrokenCheckpoint(current().document, final.model.graph);
      return downloadFiles(form, { document: current().document, stage: final, request: last?.request ?? null }, job);
    },
    commandLine: async (request) =>
      printCommandLine(request, { inGraph: current().document.graphFile.name, outGraph: `${current().document.name}_quant.pb` }),
    parseCommandLine: async (text) => parseCommandLine(text),
    parseRecipe: async (text, fileName) => requestOf(parseRecipe(text, fileName)),

    snapshot: async () => (last === null ? null : writeSnapshot(last)),
    restore: async (blob) => {
      const { document: source, opened: stage } = current();
      last = await readSnapshot(blob, stage.model, (name) => textOf(source, name));
    },
    dispose: async () => {
      pool?.dispose();
      pool = null;
    },
  };
}

/** QNT27: `max_thresholds` of a quantize step. @throws GraffitistError `option-invalid` naming a quantizer that the graph does not have */
function chosenMethods(options: OptionValues, quantizers: readonly Quantizer[]): ReadonlyMap<string, 'MAX'> {
  const names = (Array.isArray(options.max_thresholds) ? options.max_thresholds : []).map(String);
  for (const name of names) {
    if (quantizers.some((quantizer) => quantizer.name === name)) continue;
    throw new GraffitistError('option-invalid', `There is no quantizer '${name}' in the graph.`, {
      about: 'max_thresholds',
      remedy: 'Copy the name from the thresholds table.',
    });
  }
  return new Map(names.map((name) => [name, 'MAX']));
}

function withCalibration(run: LastRun, index: number, calibrated: Awaited<ReturnType<Calibrate>>): LastRun {
  const stages = run.stages.map((stage, at) =>
    at === index ? { ...stage, ...calibrated } : at > index ? { ...stage, thresholds: calibrated.thresholds } : stage,
  );
  const id = run.stages[index]?.step;
  const steps = run.report.steps.map((step) => (step.id === id ? { ...step, calibration: calibrated.calibration } : step));
  return { ...run, stages, report: { ...run.report, steps } };
}

async function listBackends(inUse: BackendName, cores: number): Promise<BackendInfo[]> {
  const gpu = await probeWebGpu();
  return [
    {
      name: 'webgpu',
      description: gpu.available ? `WebGPU · ${gpu.description}` : gpu.description,
      available: gpu.available,
      software: gpu.software,
      inUse: inUse === 'webgpu',
    },
    {
      name: 'wasm',
      description: `wasm · ${cores} ${cores === 1 ? 'worker' : 'workers'}`,
      available: true,
      software: false,
      inUse: inUse === 'wasm',
    },
    { name: 'reference', description: 'float64 reference (slow)', available: true, software: true, inUse: inUse === 'reference' },
  ];
}
