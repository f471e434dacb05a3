import { makeCalibrationSet } from '../actions/calibrationSet.ts';
import { checkData, closeDataSet } from '../actions/data.ts';
import { download } from '../actions/download.ts';
import { evaluate, saveEvaluation } from '../actions/evaluate.ts';
import { cancelJob } from '../actions/jobs.ts';
import { explainDocument, openSample, takeFiles } from '../actions/open.ts';
import { calibrate, compareOutputs, runPipeline } from '../actions/run.ts';
import { changeReading } from '../actions/stages.ts';
import { askTraining, pauseTraining, resumeTraining, stopTraining, train } from '../actions/train.ts';
import { pickFiles } from '../files/dropped.ts';
import { copyCommandLine, saveThresholds } from '../pipeline/sharing.ts';
import { closeDocument } from '../session/session.ts';
import { useCanvas } from '../state/canvas.ts';
import { type DataSection, useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { fillRecipe, redo, undo, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { clearSelection, useSelection } from '../state/selection.ts';
import { useTraining } from '../state/training.ts';
import { type BottomTab, setCollapsed, setView, toggleTheme, useView } from '../state/view.ts';
import { faultsNow } from '../training/useFaults.ts';

export interface Command {
  readonly title: string;
  readonly section: 'File' | 'Edit' | 'Pipeline' | 'View';
  /** `Mod` is Ctrl, or ⌘ on a Mac. */
  readonly keys?: string;
  /** Also answers its keys while a text field has the focus. */
  readonly inFields?: boolean;
  /** Absent: always. Reads the stores, so that menus, palette, keys and tests agree. */
  readonly enabled?: () => boolean;
  readonly run: () => void;
}

const opened = (): boolean => useDocument.getState().summary !== null;
const idle = (): boolean => useRun.getState().job === null;
const ready = (): boolean => opened() && idle();
const hasSteps = (): boolean => usePipeline.getState().request.steps.some((step) => !step.bypassed);
const quantized = (): boolean =>
  (useRun.getState().ran?.report.steps ?? []).some((step) => step.transform === 'quantize' && step.state === 'done');
const hasVariables = (): boolean =>
  quantized() || (useDocument.getState().summary?.ops ?? []).some(([op]) => /^(Variable|VariableV2|VarHandleOp)$/.test(op));
/** The last run wrote what `dump_quant_params` asks for. */
const dumped = (): boolean => {
  const { ran } = useRun.getState();
  const step = ran?.request.steps.find(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  return quantized() && step?.options.dump_quant_params === true;
};
const offered = (recipe: string) => (): boolean => ready() && usePipeline.getState().recipes.some(({ name }) => name === recipe);
const calibrated = (): boolean => useRun.getState().calibration !== null;
const runnable = (): boolean =>
  ready() && hasSteps() && usePipeline.getState().faults.length === 0 && useDocument.getState().summary?.refusal === null;
const hasData = (): boolean => useData.getState().summary !== null;
const evaluable = (): boolean => ready() && hasData();
const evaluated = (): boolean => useData.getState().evaluation !== null;
const trains = (): boolean => useRun.getState().job?.kind === 'train';
const paused = (): boolean => idle() && useTraining.getState().run?.state === 'paused';
const canvas = () => useCanvas.getState().controls;

/** Every command of the page, by id: read by the palette, menus, keys and tests. */
export const COMMANDS = {
  open: { title: 'Open files…', section: 'File', keys: 'Mod+O', enabled: idle, run: () => void pickFiles('files').then(takeFiles) },
  'open-folder': { title: 'Open folder…', section: 'File', enabled: idle, run: () => void pickFiles('folder').then(takeFiles) },
  'open-sample': { title: 'Open the sample model', section: 'File', enabled: idle, run: () => void openSample() },
  close: { title: 'Close the document', section: 'File', enabled: ready, run: () => void closeDocument() },
  'download-frozen': {
    title: 'Download .pb',
    section: 'File',
    keys: 'Mod+S',
    enabled: ready,
    run: () => void download('frozen'),
  },
  'download-graffitist': {
    title: 'Download Graffitist form (.pb and checkpoint)',
    section: 'File',
    enabled: ready,
    run: () => void download('graffitist'),
  },
  'download-checkpoint': {
    title: 'Download checkpoint (all variables)',
    section: 'File',
    enabled: () => ready() && hasVariables(),
    run: () => void download('checkpoint'),
  },
  'download-quant-params': {
    title: 'Download quantizer parameters (.json, .h5)',
    section: 'File',
    enabled: () => ready() && dumped(),
    run: () => void download('quant-params'),
  },
  'download-frozen-pbtxt': {
    title: 'Download self-contained .pbtxt',
    section: 'File',
    enabled: ready,
    run: () => void download('frozen-pbtxt'),
  },
  'download-frozen-meta': {
    title: 'Download self-contained .meta',
    section: 'File',
    enabled: ready,
    run: () => void download('frozen-meta'),
  },
  'download-frozen-saved-model': {
    title: 'Download self-contained SavedModel (.zip)',
    section: 'File',
    enabled: ready,
    run: () => void download('frozen-saved-model-zip'),
  },
  'download-graffitist-pbtxt': {
    title: 'Download Graffitist form as .pbtxt and checkpoint',
    section: 'File',
    enabled: ready,
    run: () => void download('graffitist-pbtxt'),
  },
  'download-graffitist-meta': {
    title: 'Download Graffitist form as .meta and checkpoint',
    section: 'File',
    enabled: ready,
    run: () => void download('graffitist-meta'),
  },
  'download-graffitist-saved-model': {
    title: 'Download Graffitist form as SavedModel (.zip)',
    section: 'File',
    enabled: ready,
    run: () => void download('graffitist-saved-model-zip'),
  },
  'download-recipe': { title: 'Download recipe', section: 'File', enabled: ready, run: () => void download('recipe') },
  'download-zip': { title: 'Download all as .zip', section: 'File', enabled: ready, run: () => void download('zip') },
  'download-training-report': {
    title: 'Download the report of the training',
    section: 'File',
    enabled: () => ready() && useTraining.getState().report !== null,
    run: () => void download('training-report'),
  },
  'save-thresholds': {
    title: 'Save thresholds as CSV',
    section: 'File',
    enabled: () => (useRun.getState().quantizers?.rows.length ?? 0) > 0,
    run: saveThresholds,
  },
  'save-evaluation-csv': {
    title: 'Save the evaluation as CSV',
    section: 'File',
    enabled: evaluated,
    run: () => saveEvaluation('csv'),
  },
  'save-evaluation-json': {
    title: 'Save the evaluation as JSON',
    section: 'File',
    enabled: evaluated,
    run: () => saveEvaluation('json'),
  },
  'save-confusion-csv': {
    title: 'Save the confusion matrix as CSV',
    section: 'File',
    enabled: evaluated,
    run: () => saveEvaluation('confusion'),
  },
  'close-data': {
    title: 'Close the images',
    section: 'File',
    enabled: () => idle() && hasData(),
    run: () => void closeDataSet(),
  },

  undo: { title: 'Undo', section: 'Edit', keys: 'Mod+Z', enabled: () => usePipeline.getState().past.length > 0, run: undo },
  redo: { title: 'Redo', section: 'Edit', keys: 'Mod+Shift+Z', enabled: () => usePipeline.getState().future.length > 0, run: redo },
  search: {
    title: 'Search nodes or run a command',
    section: 'Edit',
    keys: 'Mod+K',
    inFields: true,
    run: () => setView({ paletteOpen: true }),
  },
  deselect: { title: 'Clear the selection', section: 'Edit', enabled: () => useSelection.getState().node !== null, run: clearSelection },

  'run-pipeline': {
    title: 'Run pipeline',
    section: 'Pipeline',
    keys: 'Mod+Enter',
    inFields: true,
    enabled: runnable,
    run: () => void runPipeline(),
  },
  calibrate: {
    title: 'Calibrate again',
    section: 'Pipeline',
    enabled: () => ready() && quantized() && useDocument.getState().summary?.calibration !== null,
    run: () => void calibrate(null),
  },
  'calibrate-other': {
    title: 'Calibrate with other data…',
    section: 'Pipeline',
    enabled: () => ready() && quantized(),
    run: () => void pickFiles('files').then((files) => (files.length > 0 ? calibrate(files) : undefined)),
  },
  compare: {
    title: 'Compare float and quantized outputs',
    section: 'Pipeline',
    enabled: () => ready() && calibrated(),
    run: () => void compareOutputs(),
  },
  evaluate: {
    title: 'Evaluate on the images',
    section: 'Pipeline',
    keys: 'Mod+Shift+Enter',
    inFields: true,
    enabled: evaluable,
    run: () => void evaluate(),
  },
  'check-data': {
    title: 'Check images and preprocessing',
    section: 'Pipeline',
    enabled: evaluable,
    run: () => void checkData(),
  },
  'make-calibration-set': {
    title: 'Make a calibration set of the images',
    section: 'Pipeline',
    enabled: evaluable,
    run: () => void makeCalibrationSet(),
  },
  train: {
    title: 'Train',
    section: 'Pipeline',
    keys: 'Mod+Shift+L',
    inFields: true,
    enabled: () => ready() && !paused() && faultsNow().length === 0,
    run: () => void train(),
  },
  'pause-training': {
    title: 'Pause the training',
    section: 'Pipeline',
    enabled: () => trains() && useTraining.getState().run?.state === 'running',
    run: () => void pauseTraining(),
  },
  'resume-training': { title: 'Resume the training', section: 'Pipeline', enabled: paused, run: () => void resumeTraining() },
  'stop-training': {
    title: 'Stop the training and keep its best state',
    section: 'Pipeline',
    enabled: () => paused() || (trains() && useTraining.getState().run !== null),
    run: () => void stopTraining(),
  },
  'discard-training': {
    title: 'Discard the paused training',
    section: 'Pipeline',
    enabled: paused,
    run: () => askTraining('discard'),
  },
  cancel: { title: 'Cancel the job', section: 'Pipeline', enabled: () => !idle(), run: cancelJob },
  'fill-recipe-1': {
    title: 'Fill in recipe 1: optimized inference graph',
    section: 'Pipeline',
    enabled: ready,
    run: () => fill('optimized'),
  },
  'fill-recipe-2': { title: 'Fill in recipe 2: static INT8', section: 'Pipeline', enabled: ready, run: () => fill('static-int8') },
  'fill-recipe-2-int4': {
    title: 'Fill in recipe 2: static INT4 weights',
    section: 'Pipeline',
    enabled: offered('static-int4'),
    run: () => fill('static-int4'),
  },
  'fill-recipe-3a': {
    title: 'Fill in recipe 3a: training graph, INT8',
    section: 'Pipeline',
    enabled: offered('train-int8'),
    run: () => fill('train-int8'),
  },
  'fill-recipe-3a-int4': {
    title: 'Fill in recipe 3a: training graph, INT4 weights',
    section: 'Pipeline',
    enabled: offered('train-int4'),
    run: () => fill('train-int4'),
  },
  'fill-recipe-3c': {
    title: 'Fill in recipe 3c: retrained thresholds, INT8',
    section: 'Pipeline',
    enabled: offered('retrained-int8'),
    run: () => fill('retrained-int8'),
  },
  'fill-recipe-3c-int4': {
    title: 'Fill in recipe 3c: retrained thresholds, INT4 weights',
    section: 'Pipeline',
    enabled: offered('retrained-int4'),
    run: () => fill('retrained-int4'),
  },
  explain: {
    title: 'Explain what would stay in float',
    section: 'Pipeline',
    enabled: () => ready() && useDocument.getState().summary?.refusal === null,
    run: () => void explainDocument().then(clearSelection),
  },
  'copy-command-line': {
    title: 'Copy the pipeline as a command line',
    section: 'Pipeline',
    enabled: () => opened() && hasSteps(),
    run: () => void copyCommandLine(),
  },

  'show-layers': { title: 'Show layers', section: 'View', enabled: opened, run: () => changeReading('layers') },
  'show-nodes': { title: 'Show nodes', section: 'View', enabled: opened, run: () => changeReading('nodes') },
  fit: { title: 'Fit the graph', section: 'View', keys: 'Shift+1', enabled: () => canvas() !== null, run: () => canvas()?.fit() },
  'zoom-in': { title: 'Zoom in', section: 'View', keys: 'Mod+=', enabled: () => canvas() !== null, run: () => canvas()?.zoomIn() },
  'zoom-out': { title: 'Zoom out', section: 'View', keys: 'Mod+-', enabled: () => canvas() !== null, run: () => canvas()?.zoomOut() },
  'show-thresholds': { title: 'Show thresholds', section: 'View', enabled: opened, run: () => showBottom('thresholds') },
  'show-training': { title: 'Show training', section: 'View', enabled: opened, run: () => showBottom('training') },
  'show-data': { title: 'Show images', section: 'View', keys: 'Mod+Shift+D', enabled: opened, run: () => showData('Set') },
  'show-accuracy': { title: 'Show accuracy', section: 'View', enabled: opened, run: () => showData('Accuracy') },
  'show-confusion': { title: 'Show the confusion matrix', section: 'View', enabled: opened, run: () => showData('Confusion') },
  'show-changed': { title: 'Show images that changed their answer', section: 'View', enabled: opened, run: () => showData('Changed') },
  'toggle-left': { title: 'Toggle files and pipeline', section: 'View', keys: 'Mod+B', enabled: opened, run: () => togglePanel('left') },
  'toggle-bottom': {
    title: 'Toggle thresholds, training, data and log',
    section: 'View',
    keys: 'Mod+J',
    enabled: opened,
    run: () => togglePanel('bottom'),
  },
  'toggle-right': { title: 'Toggle inspector', section: 'View', keys: 'Mod+Alt+B', enabled: opened, run: () => togglePanel('right') },
  theme: { title: 'Switch between light and dark', section: 'View', run: toggleTheme },
} as const satisfies Readonly<Record<string, Command>>;

export type CommandId = keyof typeof COMMANDS;

export const COMMAND_IDS = Object.keys(COMMANDS) as CommandId[];

export function command(id: CommandId): Command {
  return COMMANDS[id];
}

export function isEnabled(id: CommandId): boolean {
  return command(id).enabled?.() ?? true;
}

/** Runs a command that is enabled. */
export function runCommand(id: CommandId): void {
  if (isEnabled(id)) command(id).run();
}

function fill(name: string): void {
  const recipe = usePipeline.getState().recipes.find((each) => each.name === name);
  if (recipe !== undefined) fillRecipe(recipe);
}

function showBottom(bottomTab: BottomTab): void {
  setCollapsed('bottom', false);
  setView({ bottomTab });
}

function showData(section: DataSection): void {
  useData.setState({ section });
  showBottom('data');
}

function togglePanel(panel: 'left' | 'right' | 'bottom'): void {
  setCollapsed(panel, !useView.getState().collapsed[panel]);
}
