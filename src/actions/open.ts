import {
  type ErrorInfo,
  errorInfo,
  type GraphInterface,
  type ImageRuleName,
  type OpenChoice,
  type RunRequest,
  type SourceFile,
  separateData,
} from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { holdsGraph } from '../files/archive.ts';
import { isCalibrationList } from '../files/calibrationList.ts';
import { bytes, plural } from '../format/numbers.ts';
import { foundInterface } from '../interface/foundInterface.ts';
import { setImages, useData } from '../state/data.ts';
import { documentFailed, documentGrew, documentOpened, useDocument } from '../state/document.ts';
import { log, logError } from '../state/log.ts';
import { fillRecipe, replaceRequest, startRequest, usePipeline } from '../state/pipeline.ts';
import { forgetRun, useRun } from '../state/run.ts';
import { clearSelection } from '../state/selection.ts';
import { setCollapsed, setView } from '../state/view.ts';
import { openDataSet, reopenDataSet } from './data.ts';
import { runJob } from './jobs.ts';
import { loadRecipes } from './pipeline.ts';
import { refreshStages } from './stages.ts';

const GRAPH_NAME = /\.(pb|pbtxt|meta|graphdef)$/i;
const RECIPE_NAME = /\.json$/i;

/** Files from a drop or a dialog: a graph opens a document, images a data set, anything else joins the open document, a recipe fills the pipeline. */
export async function takeFiles(files: readonly SourceFile[]): Promise<void> {
  if (files.length === 0) return;
  const json = files.filter((file) => RECIPE_NAME.test(file.name));
  const isList = await Promise.all(json.map(isCalibrationList));
  const recipes = json.filter((_, index) => isList[index] !== true);
  const separated = await separateData(files.filter((file) => !json.includes(file)));
  const { data } = separated;
  const document = [...separated.document, ...json.filter((_, index) => isList[index] === true)];
  if (document.length > 0) {
    const graphs = await Promise.all(document.map((file) => GRAPH_NAME.test(file.name) || holdsGraph(file)));
    const opens = useDocument.getState().summary === null || graphs.includes(true);
    await (opens ? openFiles(document) : addFiles(document));
  }
  if (data.length > 0 && (await openDataSet(data)) && useDocument.getState().summary !== null) showData();
  const recipe = recipes.at(-1);
  if (recipe !== undefined) await readRecipe(recipe);
}

/** What a document starts with instead of guess and present steps. */
export interface Start {
  readonly interface?: GraphInterface;
  readonly request?: RunRequest;
  readonly storedId?: string;
  readonly choice?: OpenChoice;
}

/** Replaces the document. On any error the open one stays as it was. */
export async function openFiles(files: readonly SourceFile[], start: Start = {}): Promise<boolean> {
  const ended = await runJob(
    'open',
    'Opening',
    (options) => engine().open(files, options, { ...start.choice, anyTag: true }),
    (summary) => `Opened ${summary.name}: ${plural(summary.nodeCount, 'node')}.`,
  );
  if (ended.state !== 'done') {
    if (ended.state === 'failed') documentFailed(ended.error);
    return false;
  }
  const summary = ended.value;
  clearSelection();
  forgetRun();
  startRequest(start.request ?? { interface: start.interface ?? foundInterface(summary), steps: usePipeline.getState().request.steps });
  documentOpened(summary, files, { storedId: start.storedId ?? null, choice: start.choice ?? {} });
  await loadRecipes();
  for (const file of summary.files) if (file.error !== undefined) logError(file.error);
  if (summary.refusal !== null) logError(summary.refusal);
  await reopenDataSet();
  await refreshStages('first');
  if (summary.quantizers.count > 0) await explainDocument();
  return true;
}

/** Another graph or signature of the SavedModel that is open: the steps stay, the interface is the new one's. */
export async function chooseOfSavedModel(choice: OpenChoice): Promise<void> {
  const { sources, storedId } = useDocument.getState();
  await openFiles(sources, { choice, ...(storedId === null ? {} : { storedId }) });
}

/** What stays in float of the graph as it was opened: of a quantized one as it is, else after recipe 2. */
export async function explainDocument(): Promise<void> {
  try {
    useDocument.setState({ inFloat: await engine().explain(usePipeline.getState().request.interface) });
  } catch (thrown) {
    fail(errorInfo(thrown));
  }
}

/** Adds weights or data to the open document. */
export async function addFiles(files: readonly SourceFile[]): Promise<boolean> {
  const ended = await runJob(
    'open',
    'Adding files',
    (options) => engine().add(files, options),
    () => `Added ${files.map((file) => file.name).join(', ')}.`,
  );
  if (ended.state !== 'done') {
    if (ended.state === 'failed') documentFailed(ended.error);
    return false;
  }
  documentGrew(ended.value, files);
  await refreshStages('stay');
  if (useDocument.getState().inFloat !== null) await explainDocument();
  return true;
}

export async function readRecipe(file: SourceFile): Promise<void> {
  try {
    replaceRequest(await engine().parseRecipe(await file.blob.text(), file.name));
    log('info', `Pipeline filled from ${file.name}.`);
  } catch (thrown) {
    fail(errorInfo(thrown));
  }
}

/** Fills interface and pipeline from a pasted `graffitize` command line. @returns what is wrong with it */
export async function pasteCommandLine(text: string): Promise<ErrorInfo | null> {
  try {
    replaceRequest(await engine().parseCommandLine(text));
    log('info', 'Pipeline filled from a command line.');
    return null;
  } catch (thrown) {
    const error = errorInfo(thrown);
    logError(error);
    return error;
  }
}

interface SampleIndex {
  readonly graph: string;
  readonly checkpoint?: readonly string[] | string;
  readonly calibration: string;
  /** Labelled pictures, an archive of class folders. */
  readonly data?: string;
  readonly preprocessing?: ImageRuleName;
  readonly interface?: GraphInterface;
}

const SAMPLE = `${import.meta.env.BASE_URL}sample/`;

export async function sampleIndex(): Promise<SampleIndex> {
  return (await fetched('index.json')
    .then((file) => file.blob.text())
    .then(JSON.parse)) as SampleIndex;
}

async function fetched(name: string): Promise<SourceFile> {
  const response = await fetch(SAMPLE + name);
  if (!response.ok) throw new Error(`The sample file ${name} could not be loaded (${response.status}).`);
  return { name: name.slice(name.lastIndexOf('/') + 1), blob: await response.blob() };
}

/** Opens the sample model with its calibration data and labelled pictures, recipe 2 filled in: the next click runs it. */
export async function openSample(): Promise<void> {
  try {
    const index = await sampleIndex();
    const names = [index.graph, ...[index.checkpoint ?? []].flat(), index.calibration];
    const files = await Promise.all(names.map(fetched));
    log('info', `Sample model: ${bytes(files.reduce((sum, file) => sum + file.blob.size, 0))} from this page.`);
    const opened = await openFiles(files, index.interface === undefined ? {} : { interface: index.interface });
    if (opened && index.data !== undefined && (await openDataSet([await fetched(index.data)])))
      setImages({ name: index.preprocessing ?? 'signed' });
    // The steps come last: with them Run is enabled.
    const staticInt8 = usePipeline.getState().recipes.find((recipe) => recipe.name === 'static-int8');
    if (opened && staticInt8 !== undefined) fillRecipe(staticInt8);
  } catch (thrown) {
    fail(errorInfo(thrown));
  }
}

/** Brings the images that were just opened into sight. */
function showData(): void {
  setCollapsed('bottom', false);
  setView({ bottomTab: 'data' });
  useData.setState({ section: 'Set' });
}

/** The sample's calibration data for the open document. */
export async function addSampleData(): Promise<boolean> {
  try {
    return await addFiles([await fetched((await sampleIndex()).calibration)]);
  } catch (thrown) {
    fail(errorInfo(thrown));
    return false;
  }
}

function fail(error: ErrorInfo): void {
  logError(error);
  documentFailed(error);
  useRun.setState({ outcome: { state: 'failed', text: error.cause } });
}
