/**
 * The one API of the engine, as page, command line and tests see it. The page's engine lives behind postMessage and has the same
 * methods: page code cannot tell the two apart. Everything here is plain data that structured clone takes.
 */
import type { ErrorInfo } from './errors.ts';
import type { BackendName } from './execute/backend.ts';
import type {
  CalibrationSet,
  CalibrationSetRequest,
  DataRequest,
  DataSummary,
  DataWarning,
  Evaluation,
  ImageRule,
  Thumbnail,
  ValidateRequest,
} from './protocol/data.ts';
import type { HistogramView, NodeDetail, OutputComparison, QuantizerRow, SearchHit } from './protocol/inspection.ts';
import type { NetworkSummary } from './protocol/networks.ts';
import type { Reading, Scene, SceneRequest } from './protocol/scene.ts';
import type { PinnedTraining, TrainingMethods } from './protocol/train.ts';
import type { Change, OptionSpec, OptionValues, Skip, Warning } from './transforms/transform.ts';

export { IMAGE_RULES } from './data/imageRules.ts';
export { separateData } from './data/separateData.ts';
export type { ErrorCode, ErrorInfo } from './errors.ts';
export { errorInfo, errorText, GraffitistError } from './errors.ts';
export { confusionCsv, toCsv, toJson } from './evaluate/report.ts';
export type { BackendName } from './execute/backend.ts';
export type * from './protocol/data.ts';
export type * from './protocol/inspection.ts';
export type * from './protocol/networks.ts';
export type * from './protocol/roads.ts';
export type * from './protocol/scene.ts';
export type * from './protocol/train.ts';
export type { TrainingOptions } from './train/options.ts';
export type { Change, OptionSpec, OptionValue, OptionValues, Skip, Warning } from './transforms/transform.ts';
export { EQUALIZING, isTrainable, trainingSteps } from './zoo/trainingRoad.ts';

// ---------------------------------------------------------------- documents

/** A file by name; `path` keeps the folder it came from, for pairing. */
export interface SourceFile {
  readonly name: string;
  readonly path?: string;
  readonly blob: Blob;
  /** Of a file that was written: what of the model could not go into it, a sentence each. */
  readonly notes?: readonly string[];
}

export type FileRole =
  | 'graph'
  | 'checkpoint-index'
  | 'checkpoint-data'
  | 'checkpoint-state'
  | 'calibration'
  /** A text that an option may name: list files of quantize. */
  | 'list'
  | 'recipe'
  | 'unknown';

export interface FileSummary {
  readonly name: string;
  readonly role: FileRole;
  readonly bytes: number;
  /** "1,728 nodes", "50 images 128×128×3", "164 variables". */
  readonly detail: string;
  readonly error?: ErrorInfo;
}

/** Inputs, outputs and the shape without batch; `null` where it cannot be guessed. */
export interface GraphInterface {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly shape: readonly number[] | null;
  /** Shapes of inputs that differ from `shape`. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/** A named interface of a SavedModel. */
export interface SignatureSummary {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** What there is to choose from in a SavedModel, and what was chosen. */
export interface SavedModelSummary {
  /** Tags of each graph in it, joined by commas. */
  readonly tags: readonly string[];
  readonly tag: string;
  readonly signatures: readonly SignatureSummary[];
  readonly signature: string | null;
}

/** What to open of a SavedModel that holds several: without a choice the only graph, and the signature that serves. */
export interface OpenChoice {
  readonly tag?: string | undefined;
  /** Where several graphs are there and no tag is named: the one for serving, else the first, instead of an error. */
  readonly anyTag?: boolean | undefined;
  readonly signature?: string | undefined;
}

/** The interface that was guessed, and the layers that would keep 8 bits in an INT4 network. */
export interface InterfaceGuess extends GraphInterface {
  readonly firstLayer: string | null;
  readonly lastLayer: string | null;
}

export interface DocumentSummary {
  readonly name: string;
  readonly files: readonly FileSummary[];
  readonly nodeCount: number;
  readonly ops: readonly (readonly [op: string, count: number])[];
  /** Graphs and signatures to choose from; null for a file that has none. */
  readonly savedModel: SavedModelSummary | null;
  /** What the signature says, else what was guessed from placeholders and from tensors nobody reads. */
  readonly guess: InterfaceGuess;
  readonly candidates: { readonly inputs: readonly string[]; readonly outputs: readonly string[] };
  /** Variables of the graph that no loaded checkpoint supplies. */
  readonly missingVariables: readonly string[];
  readonly calibration: { readonly count: number; readonly shape: readonly number[] } | null;
  /** Why this graph can be looked at but not rewritten (control flow), or null. */
  readonly refusal: ErrorInfo | null;
  /** How many quantizers the opened graph already has, and whether their thresholds are known. */
  readonly quantizers: { readonly count: number; readonly thresholdsLoaded: boolean };
  /** The network of the table that the graph holds, or null. */
  readonly network: NetworkSummary | null;
  /** What the graph can be used for: training and evaluation recipes want different ones. */
  readonly form: GraphForm;
}

/**
 * `training`: batch norms compute statistics; `evaluation`: they do not, or the weights are constants; `either`: variables and no batch
 * norm; `quantized`: it has quantizers.
 */
export type GraphForm = 'training' | 'evaluation' | 'either' | 'quantized';

/** An input of the interface, and the images that calibration would feed it. */
export interface FeedSummary {
  readonly input: string;
  /** The array by its name; null: none belongs to it. */
  readonly array: string | null;
  readonly count: number;
  readonly shape: readonly number[];
}

// ---------------------------------------------------------------- pipeline

export interface TransformInfo {
  readonly name: string;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly after: readonly string[];
  readonly notAfter: readonly string[];
}

export interface PipelineStep {
  /** Stable while the card lives; stage tabs and results refer to it. */
  readonly id: string;
  readonly transform: string;
  readonly options: OptionValues;
  readonly bypassed: boolean;
}

/** What a run needs, and what a recipe file holds (plus version and hashes). */
export interface RunRequest {
  readonly interface: GraphInterface;
  readonly steps: readonly PipelineStep[];
  /** Skips the check for unsupported ops (the original's hidden flag). */
  readonly superuser?: boolean;
  /** The data that a recipe was made with: calibrating on other data is told (CSET9). */
  readonly calibration?: PinnedCalibration;
  /** The training run that follows, where the recipe holds one: whoever runs the recipe asks `train` for it. */
  readonly training?: PinnedTraining;
}

/** A calibration set by its hash, and how it was made where that is known. */
export interface PinnedCalibration {
  readonly name: string;
  readonly sha256: string;
  /** Its `calibration_set.json`. */
  readonly list?: { readonly name: string; readonly sha256: string } | undefined;
  /** The rule for images as arguments have it (`inception,size=128`), how many were chosen, and by which seed (absent: the first ones). */
  readonly images?: string | undefined;
  readonly size?: number | undefined;
  readonly seed?: number | undefined;
  readonly balanced?: boolean | undefined;
}

/** A ready-made pipeline that one click fills in. */
export interface RecipeInfo {
  readonly name: string;
  readonly title: string;
  /** Where the recipe belongs to a network that was recognised: filled in with the steps. */
  readonly interface?: GraphInterface;
  readonly steps: readonly PipelineStep[];
}

/** Order faults of a pipeline, found without running it. `insert` is what mends it, before `step`. */
export interface PipelineFault {
  readonly step: string;
  readonly message: string;
  readonly insert: readonly string[];
}

export type StepState = 'done' | 'bypassed' | 'refused' | 'not-run';

export interface StepReport {
  readonly id: string;
  readonly transform: string;
  readonly state: StepState;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly changes: readonly Change[];
  readonly skipped: readonly Skip[];
  readonly warnings: readonly Warning[];
  readonly ms: number;
  readonly error?: ErrorInfo;
  readonly calibration?: CalibrationReport;
  /** QNT58: outputs that deliver what came before their quantizer, and where the quantized values are. */
  readonly quantizedOutputs?: Readonly<Record<string, string>>;
}

export interface CalibrationReport {
  readonly images: number;
  readonly quantizers: number;
  readonly backend: string;
  readonly ms: number;
  readonly searchMs: number;
  /**
   * `weight_search`: mean distance from the float network's answers (SRCH2) with only weights rounded, before and after; thresholds that moved;
   * candidates that were run.
   */
  readonly search?: {
    readonly before: number;
    readonly after: number;
    readonly rounds: number;
    readonly tried: number;
    readonly moved: number;
    readonly of: number;
  };
  /** Tensors computed again because a shared threshold moved after a member was read. */
  readonly recomputed: number;
  readonly peakBytes: number;
  /** Layers whose Σ|w|·max|x| reaches 2²⁴: the last bit may depend on the backend. */
  readonly inexact: readonly string[];
  readonly warnings: readonly Warning[];
}

export interface RunReport {
  readonly steps: readonly StepReport[];
  readonly ms: number;
}

/** A stage of the document: 0 is the graph as opened, k the graph after the k-th step of the last run. */
export type Stage = number;

export interface StageInfo {
  readonly stage: Stage;
  readonly title: string;
  readonly step: string | null;
  readonly changes: number;
  readonly nodeCount: number;
  /** Batch norms whose statistics training can measure anew (TRN32). */
  readonly fixedBatchNorms: number;
}

// ---------------------------------------------------------------- jobs

/** The same vocabulary for opening, layout, calibration and evaluation. */
export interface JobProgress {
  readonly phase: 'open' | 'rewrite' | 'load' | 'calibrate' | 'search' | 'evaluate' | 'train' | 'layout' | 'save';
  readonly done: number;
  readonly total: number;
  readonly etaMs: number | null;
  /** The layer or file at hand. */
  readonly layer: string | null;
  readonly bytes: number | null;
}

export interface JobOptions {
  readonly onProgress?: (progress: JobProgress) => void;
  readonly signal?: AbortSignal;
}

// ---------------------------------------------------------------- saving

/** What the graph is put into beside a `.pb`; a SavedModel as its files, or as one .zip of them. */
export type GraphContainer = 'pbtxt' | 'meta' | 'saved-model' | 'saved-model-zip';

/**
 * `frozen`: weights and thresholds as constants; `graffitist`: the graph with its variables, and a checkpoint where thresholds were found,
 * each in a `.pb` unless another container is named; `checkpoint`: all variables; `quant-params`: what `dump_quant_params` writes, which
 * `graffitist` and `zip` hold too where the option is set; `zip`: both forms and the recipe.
 */
export type DownloadForm =
  | 'frozen'
  | 'graffitist'
  | 'checkpoint'
  | 'quant-params'
  | 'recipe'
  /** The report of a training run as JSON. */
  | 'training-report'
  | 'zip'
  | `frozen-${GraphContainer}`
  | `graffitist-${GraphContainer}`;

export interface BackendInfo {
  readonly name: BackendName;
  readonly description: string;
  readonly available: boolean;
  /** A software adapter: correct and slow. */
  readonly software: boolean;
  /** The next job runs on this one. */
  readonly inUse: boolean;
}

// ---------------------------------------------------------------- the engine

export interface Engine extends TrainingMethods {
  transforms(): Promise<readonly TransformInfo[]>;
  /** Presets of the network that was recognised in the open document, then Graffitist's recipes by their README numbers. */
  recipes(): Promise<readonly RecipeInfo[]>;
  backends(): Promise<readonly BackendInfo[]>;
  /** Which backend compute workers use; takes effect on the next job. */
  useBackend(name: BackendName): Promise<void>;

  /** Replaces the document. On any error the open one stays as it was. */
  open(files: readonly SourceFile[], job?: JobOptions, choice?: OpenChoice): Promise<DocumentSummary>;
  /** Adds weights or data to the open document. */
  add(files: readonly SourceFile[], job?: JobOptions): Promise<DocumentSummary>;

  /** CAL10: which images each input would be fed. */
  feeds(graphInterface: GraphInterface): Promise<readonly FeedSummary[]>;

  /** Order faults, without running. */
  check(request: RunRequest): Promise<readonly PipelineFault[]>;
  /**
   * Runs every step, calibration included. A step that is refused ends the run; the stages before it are kept, so a person sees how far it came.
   * A cancelled run leaves the former stages as they were. Progress: phase `rewrite` with `done` = index of the active step at hand
   * and `layer` = its transform; the phases of calibration belong to quantize.
   */
  run(request: RunRequest, job?: JobOptions): Promise<RunReport>;
  /** The calibration phase alone, on the quantized graph of the last run, with `files` as other data where given. */
  calibrate(files: readonly SourceFile[] | null, job?: JobOptions): Promise<CalibrationReport>;
  stages(): Promise<readonly StageInfo[]>;

  scene(request: SceneRequest, job?: JobOptions): Promise<Scene>;
  /** Open groups that make a node visible in a reading. */
  reveal(stage: Stage, reading: Reading, node: string): Promise<{ readonly id: string; readonly open: readonly string[] }>;
  search(stage: Stage, text: string, limit: number): Promise<readonly SearchHit[]>;
  inspect(stage: Stage, node: string): Promise<NodeDetail>;
  /** What stays in float, each with its nearest pattern; of a float graph after recipe 2 without calibration. */
  explain(graphInterface?: GraphInterface): Promise<readonly Skip[]>;
  quantizers(stage: Stage): Promise<readonly QuantizerRow[]>;
  histogram(stage: Stage, quantizer: string): Promise<HistogramView | null>;
  compareOutputs(images: number, job?: JobOptions): Promise<OutputComparison>;

  /** Opens images (and labels) to evaluate on and to choose calibration sets from; on an error the former ones stay. */
  openData(request: DataRequest, job?: JobOptions): Promise<DataSummary>;
  closeData(): Promise<void>;
  /** What a set holds, labelled for the open network; the open set stays. */
  describeData(request: DataRequest, job?: JobOptions): Promise<DataSummary>;
  /** Whether the data, read by this rule, is what the float network expects: a look at a few images, before a long run. */
  checkData(images: ImageRule, job?: JobOptions): Promise<readonly DataWarning[]>;
  /** Runs one or two networks over the images, in one pass. */
  validate(request: ValidateRequest, job?: JobOptions): Promise<Evaluation>;
  /** Chooses images and makes the array that calibration takes; `add` its file to use it. */
  makeCalibrationSet(request: CalibrationSetRequest, job?: JobOptions): Promise<CalibrationSet>;
  /** An image of the set as a small picture, its longer side at most `size`. */
  thumbnail(image: number, size: number): Promise<Thumbnail>;

  download(form: DownloadForm, job?: JobOptions): Promise<readonly SourceFile[]>;
  /** The recipe as a `graffitize` command line, and back. */
  commandLine(request: RunRequest): Promise<string>;
  parseCommandLine(text: string): Promise<RunRequest>;
  /** A recipe file's text, as `download('recipe')` writes it. */
  parseRecipe(text: string, fileName: string): Promise<RunRequest>;

  /** Kept across a reload: thresholds and what the last run made. */
  snapshot(): Promise<Blob | null>;
  restore(snapshot: Blob): Promise<void>;
}
