import { calibrate as calibrateModel } from './calibrate/calibrate.ts';
import { calibrateSearched } from './calibrate/calibrateSearched.ts';
import { type Method, weightMethods } from './calibrate/rules.ts';
import { onDevice } from './compute/onWorkers.ts';
import type { SpawnCompute } from './compute/port.ts';
import { portableModel } from './compute/portableModel.ts';
import { parseCommandLine, printCommandLine } from './engine/commandLine.ts';
import { dataMethods } from './engine/dataMethods.ts';
import { createDataSession } from './engine/dataSession.ts';
import {
  addToDocument,
  calibrationOf,
  type OpenDocument,
  openDocument,
  refuseBrokenCheckpoint,
  refuseCalibrated,
  summarize,
  textOf,
} from './engine/document.ts';
import { downloadFiles } from './engine/download.ts';
import { explainGraph } from './engine/explain.ts';
import { feedSummaries } from './engine/feeds.ts';
import { inspectNode } from './engine/inspect.ts';
import { networkFacts } from './engine/networkFacts.ts';
import { otherCalibration } from './engine/pinnedCalibration.ts';
import { parseRecipe, requestOf } from './engine/recipe.ts';
import { genericRecipes } from './engine/recipes.ts';
import { scoresOf, suggestionsFor } from './engine/roadFacts.ts';
import { type Calibrate, floatModel, type RunServices, runPipeline } from './engine/run.ts';
import { type KeptRun, readSnapshot, rerun, retrainedOf, withTraining, writeSnapshot } from './engine/snapshot.ts';
import { openedStage, quantizerRows, type StageState, sceneInput, stageInfo } from './engine/stage.ts';
import type { RunFiles } from './engine/train/runFiles.ts';
import { RunStore } from './engine/train/runStore.ts';
import { withVariables } from './engine/train/statistics.ts';
import { trainingOptionInfos } from './engine/trainingOptionInfos.ts';
import { trainMethods } from './engine/trainMethods.ts';
import { Workers, type WorkersHost } from './engine/workers.ts';
import { GraffitistError } from './errors.ts';
import { compareOutputs } from './evaluate/compareOutputs.ts';
import type { BackendName } from './execute/backend.ts';
import { probeWebGpu } from './execute/probeWebGpu.ts';
import type { CodesOf } from './export/quantParams.ts';
import type { BackendInfo, Engine, OptionValues, RecipeInfo, RunRequest, SourceFile } from './protocol.ts';
import type { Quantizer } from './quantize/quantizer.ts';
import { readQuantizers } from './quantize/readQuantizers.ts';
import { buildScene, revealPath, searchNodes } from './scene/scene.ts';
import { resolveConditions } from './transforms/conditions.ts';
import { checkPipeline } from './transforms/pipeline.ts';
import { TRANSFORMS } from './transforms/registry.ts';
import { presetsOf } from './zoo/presets.ts';
import { recognizeNetwork } from './zoo/recognize.ts';

/** What the engine needs from where it runs: a page's worker, Node, a test. */
export interface EngineHost extends WorkersHost {
  /** Starts one decode worker; without it no images can be read. */
  readonly spawnData?: SpawnCompute;
  /** Where training runs are kept; without it they live as long as the engine. */
  readonly runFiles?: RunFiles;
}

/** An engine in this thread: what `serveEngine` puts behind a port, and what the command line and tests call. */
export interface LocalEngine extends Engine {
  /** Ends the compute workers. */
  dispose(): Promise<void>;
}

/** Makes an engine. It never computes tensors itself: its compute workers do. */
export function createEngine(host: EngineHost): LocalEngine {
  let document: OpenDocument | null = null;
  let opened: StageState | null = null;
  let last: KeptRun | null = null;
  const workers = new Workers(host);
  /** The list of the calibration set that was made last. */
  const lists: SourceFile[] = [];
  const dataSession = () =>
    createDataSession({
      spawn: host.spawnData,
      cores: host.cores,
      network: () => (document === null || opened === null ? null : networkFacts(document, opened)),
    });
  const data = dataSession();

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
  const calibrateWith =
    (source: OpenDocument): Calibrate =>
    async ({ float, placed }, options, job) => {
      refuseBrokenCheckpoint(source, placed.graph);
      if (options.is_training === true) refuseCalibrated(source);
      const how = { pool: () => workers.pool(job.signal), job, methods: chosenMethods(options, readQuantizers(placed.graph)) };
      const images = calibrationOf(source);
      return options.weight_search === 'kl' ? calibrateSearched(float, placed, images, how) : calibrateModel(placed, images, how);
    };
  const servicesOf = (source: OpenDocument, request: RunRequest): RunServices => ({
    calibrate: calibrateWith(source),
    textOf: (name) => textOf(source, name),
    dataWarnings: () => otherCalibration(request.calibration, source),
  });
  const codesOf =
    (signal: AbortSignal | undefined): CodesOf =>
    async (model, linearQuants) => {
      const [codes = []] = await (await workers.pool(signal)).ask([0], 'codes', () => ({ model: portableModel(model), linearQuants }), {
        signal,
      });
      return codes;
    };
  const adopt = async (next: OpenDocument): Promise<void> => {
    opened = await openedStage(next);
    document = next;
  };

  const keptRun = (): KeptRun => {
    if (last !== null) return last;
    throw new GraffitistError('pipeline-order', 'No pipeline has run whose result could be trained.', { remedy: 'Run one first.' });
  };
  const networks = {
    stageAt,
    runInterface: () => last?.request.interface ?? null,
    pool: (signal: AbortSignal | undefined) => workers.pool(signal),
  };
  const {
    refuseWhileTraining,
    forgetTraining,
    dispose: endTraining,
    ...training
  } = trainMethods({
    ...{ ...networks, data, dataSession, store: new RunStore(host.runFiles ?? null) },
    stages: () => (last?.stages.length ?? 0) + 1 - (last?.training === undefined ? 0 : 1),
    graphFile: () => current().document.graphFile.blob,
    pipeline: () => last?.request ?? null,
    retrained: async (found) => {
      const { document: source, opened: stage } = current();
      last = await withTraining(stage.model, keptRun(), found, (name) => textOf(source, name));
    },
    tryResult: async (found) => {
      const { document: source, opened: stage } = current();
      return retrainedOf(stage.model, keptRun(), found, (name) => textOf(source, name));
    },
    keptReport: () => last?.training?.report ?? null,
    suggest: (stage, scores) =>
      // What trains is not told to train.
      suggestionsFor({ opened: current().opened.model.graph, stage: stageAt(stage), request: keptRun().request, scores }).filter(
        ({ change }) => change.kind !== 'retrain',
      ),
    recalibrate: async (stage, variables, job) => {
      const { stages: made, request } = keptRun();
      const quantized = made.slice(0, stage).find(({ quantization }) => quantization?.calibrated === true);
      if (quantized?.quantization === undefined) return null;
      const models = { float: floatModel(made, quantized.quantization.placed), placed: quantized.quantization.placed };
      const { document: source, opened: first } = current();
      const options = request.steps.find((step) => step.id === quantized.step)?.options ?? {};
      const calibrated = await calibrateWith(source)(
        { float: withVariables(models.float, variables), placed: withVariables(models.placed, variables) },
        options,
        job,
      );
      // What quantize does to thresholds afterwards is done as in the run.
      const again = await rerun(first.model, keptRun(), { ...servicesOf(source, request), calibrated });
      return again.stages[stage - 1]?.thresholds ?? calibrated.thresholds;
    },
  });

  return {
    transforms: async () => TRANSFORMS.map(({ name, summary, options, after, notAfter }) => ({ name, summary, options, after, notAfter })),
    recipes: async () => (document === null ? genericRecipes() : recipesFor(document)),
    backends: async () => listBackends(await workers.backend(), host.cores),
    useBackend: async (name) => {
      workers.use(name);
    },

    open: async (files, _job, choice) => {
      refuseWhileTraining();
      await adopt(await openDocument(files, choice));
      last = null;
      await forgetTraining();
      return summarize(current().document);
    },
    add: async (files) => {
      refuseWhileTraining();
      await adopt(await addToDocument(current().document, files));
      return summarize(current().document);
    },

    feeds: async (graphInterface) => feedSummaries(current().document.graph, graphInterface, current().document.arrays),

    check: async (request) => checkPipeline(request.steps),
    run: async (request, job = {}) => {
      refuseWhileTraining();
      const outcome = await runPipeline(current().opened.model, request, servicesOf(current().document, request), job);
      last = { request, ...outcome };
      await forgetTraining();
      return outcome.report;
    },
    calibrate: async (files, job = {}) => {
      refuseWhileTraining();
      const data = files === null ? current().document : await addToDocument(current().document, files);
      const stage = last?.stages.find(({ quantization }) => quantization !== undefined);
      if (last === null || stage?.quantization === undefined) {
        throw new GraffitistError('pipeline-order', 'There is no quantized graph to calibrate.', {
          remedy: 'Run a pipeline with quantize first.',
        });
      }
      const options = last.request.steps.find((step) => step.id === stage.step)?.options ?? {};
      const calibrated = await calibrateWith(data)(
        { float: floatModel(last.stages, stage.quantization.placed), placed: stage.quantization.placed },
        options,
        job,
      );
      last = await rerun(current().opened.model, last, { ...servicesOf(data, last.request), calibrated });
      document = data;
      await forgetTraining();
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
      const float =
        last?.stages.findLast((stage) => stage.statistics.size === 0 && stage.thresholds.size === 0 && stage.retrained !== true) ??
        current().opened;
      if (quantized === undefined) throw new GraffitistError('internal', 'There is no stage.');
      const model = { ...float.model, graph: resolveConditions(float.model).graph };
      return onDevice(
        () => workers.pool(job.signal),
        (pool) => compareOutputs({ float: model, quantized, data, images, pool, job }),
      );
    },

    ...dataMethods(data, networks, {
      isOpen: () => document !== null,
      dataSession,
      made: (list) => lists.splice(0, 1, list),
      advice: ({ networks: [first, second] }, evaluation) =>
        second?.kind !== 'stage' || second.stage === 0 || last === null || (first.kind === 'stage' && isQuantized(stageAt(first.stage)))
          ? []
          : suggestionsFor({
              opened: current().opened.model.graph,
              stage: stageAt(second.stage),
              request: last.request,
              scores: scoresOf(evaluation),
            }),
    }),

    trainingOptions: async () => trainingOptionInfos(),
    ...training,

    download: async (form, job = {}) => {
      const final = stages().at(-1);
      if (final === undefined) throw new GraffitistError('internal', 'There is no stage.');
      if (form !== 'recipe') refuseBrokenCheckpoint(current().document, final.model.graph);
      const { document: source } = current();
      const trained = last?.training === undefined ? null : { ...last.training, stage: stageAt(last.training.trained) };
      const saved = {
        document: source,
        stage: final,
        request: last?.request ?? null,
        codesOf: codesOf(job.signal),
        lists,
        training: trained,
      };
      return downloadFiles(form, saved, job);
    },
    commandLine: async (request) =>
      printCommandLine(request, { inGraph: current().document.graphFile.name, outGraph: `${current().document.name}_quant.pb` }),
    parseCommandLine: async (text) => parseCommandLine(text),
    parseRecipe: async (text, fileName) => requestOf(parseRecipe(text, fileName)),

    snapshot: async () => (last === null ? null : writeSnapshot(last)),
    restore: async (blob) => {
      refuseWhileTraining();
      const { document: source, opened: stage } = current();
      last = await readSnapshot(blob, stage.model, (name) => textOf(source, name));
    },
    dispose: async () => {
      workers.dispose();
      endTraining();
      data.dispose();
    },
  };
}

/** Whether a stage is no float network to hold another against. */
function isQuantized({ model }: StageState): boolean {
  return readQuantizers(model.graph).length > 0;
}

/** Presets of the network that the document holds, then what is for any network. */
function recipesFor({ graph, guess }: OpenDocument): RecipeInfo[] {
  const network = recognizeNetwork(graph);
  return [...(network === null ? [] : presetsOf(network)), ...genericRecipes(guess)];
}

/** QNT27, CAL13: `max_thresholds` and `weight_threshold` of a quantize step. @throws GraffitistError `option-invalid` naming a quantizer that the graph does not have */
function chosenMethods(options: OptionValues, quantizers: readonly Quantizer[]): ReadonlyMap<string, Method> {
  const names = (Array.isArray(options.max_thresholds) ? options.max_thresholds : []).map(String);
  for (const name of names) {
    if (quantizers.some((quantizer) => quantizer.name === name)) continue;
    throw new GraffitistError('option-invalid', `There is no quantizer '${name}' in the graph.`, {
      about: 'max_thresholds',
      remedy: 'Copy the name from the thresholds table.',
    });
  }
  return new Map<string, Method>([...weightMethods(options, quantizers), ...names.map((name) => [name, 'MAX'] as const)]);
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
