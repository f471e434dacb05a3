import { create } from 'zustand';
import type {
  CalibrationSet,
  DataRequest,
  DataSummary,
  DataWarning,
  ErrorInfo,
  Evaluation,
  ImageRule,
  SourceFile,
  Stage,
} from '../../worker/protocol.ts';

export const DATA_SECTIONS = ['Set', 'Accuracy', 'Classes', 'Confusion', 'Changed'] as const;
export type DataSection = (typeof DATA_SECTIONS)[number];

/** A network to evaluate: a stage, or files that were opened beside the document. */
export type NetworkChoice =
  | { readonly kind: 'stage'; readonly stage: Stage }
  | { readonly kind: 'files'; readonly title: string; readonly files: readonly SourceFile[] };

/** What is to be evaluated; null: the graph as opened, against the last stage where there is one. */
export interface Comparison {
  readonly first: NetworkChoice | null;
  /** `none`: the first network alone. */
  readonly second: NetworkChoice | 'none' | null;
  /** So many of the images; null: all. */
  readonly limit: number | null;
}

/** How labels are asked for: what a reload and another document ask for again. */
export type LabelRequest = Omit<DataRequest, 'files'>;

/** A cell of the confusion matrix. */
export interface ConfusionPlace {
  readonly label: number;
  readonly answer: number;
}

/** What is asked of a calibration set to be made. */
export interface SetChoice {
  readonly size: number;
  readonly seed: number;
  readonly balanced: boolean;
}

interface DataState {
  readonly section: DataSection;
  readonly summary: DataSummary | null;
  readonly sources: readonly SourceFile[];
  readonly labels: LabelRequest;
  /** How a picture becomes what the network is fed. */
  readonly images: ImageRule;
  /** What was wrong with the files or labels given last; the open set is as it was. */
  readonly error: ErrorInfo | null;
  /** What a look at some images found; null: they were not looked at by the present rule. */
  readonly checked: readonly DataWarning[] | null;
  /** The set of the last session, which was too large to keep. */
  readonly askedAgain: { readonly title: string; readonly count: number; readonly bytes: number } | null;
  readonly compare: Comparison;
  readonly evaluation: Evaluation | null;
  /** The stages have changed since. */
  readonly stale: boolean;
  readonly evaluationError: ErrorInfo | null;
  readonly choice: SetChoice;
  readonly made: CalibrationSet | null;
  readonly madeError: ErrorInfo | null;
  /** Changes with every set that is opened: pictures of another one are stale. */
  readonly generation: number;
}

/** Before a set is open, and after it was closed. */
const NO_DATA = {
  summary: null,
  sources: [],
  labels: {},
  images: { name: 'none' },
  error: null,
  checked: null,
  evaluation: null,
  stale: false,
  evaluationError: null,
  made: null,
  madeError: null,
} as const;

export const NO_COMPARISON: Comparison = { first: null, second: null, limit: null };
const USUAL_SET: SetChoice = { size: 50, seed: 0, balanced: false };

export const useData = create<DataState>(() => ({
  ...NO_DATA,
  section: 'Set',
  askedAgain: null,
  compare: NO_COMPARISON,
  choice: USUAL_SET,
  generation: 0,
}));

export function dataOpened(summary: DataSummary, sources: readonly SourceFile[], labels: LabelRequest, images: ImageRule): void {
  useData.setState(({ generation }) => ({ ...NO_DATA, summary, sources, labels, images, askedAgain: null, generation: generation + 1 }));
}

export function dataClosed(): void {
  useData.setState(({ generation }) => ({
    ...NO_DATA,
    askedAgain: null,
    section: 'Set',
    compare: NO_COMPARISON,
    generation: generation + 1,
  }));
}

/** Another rule: what was said of the former one is no longer true. */
export function setImages(images: ImageRule): void {
  useData.setState(({ evaluation }) => ({ images, checked: null, stale: evaluation !== null }));
}

export function showSection(section: DataSection): void {
  useData.setState({ section });
}
