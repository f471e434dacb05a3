import { create } from 'zustand';
import type { DocumentSummary, ErrorInfo, FeedSummary, OpenChoice, Skip, SourceFile } from '../../worker/protocol.ts';

interface DocumentState {
  readonly summary: DocumentSummary | null;
  /** The files as the person gave them: what a reload opens again. */
  readonly sources: readonly SourceFile[];
  /** What was chosen of a SavedModel with several graphs or signatures. */
  readonly choice: OpenChoice;
  /** Which data belongs to which input of the interface. */
  readonly feeds: readonly FeedSummary[];
  /** Of a quantized graph, or of another one when asked: what stays in float. */
  readonly inFloat: readonly Skip[] | null;
  /** Where it is kept, when it comes from there. */
  readonly storedId: string | null;
  /** What was wrong with the files given last; the open document is as it was. */
  readonly error: ErrorInfo | null;
  /** Files of the last session that were too large to keep, by name. */
  readonly askedAgain: readonly { readonly name: string; readonly bytes: number }[];
  /** Changes with every document that is opened: what was computed for another one is stale. */
  readonly generation: number;
}

/** Before a document is open, and after it was closed. */
export const NO_DOCUMENT = { summary: null, sources: [], choice: {}, feeds: [], inFloat: null } as const;

export const useDocument = create<DocumentState>(() => ({
  ...NO_DOCUMENT,
  storedId: null,
  error: null,
  askedAgain: [],
  generation: 0,
}));

export function documentOpened(
  summary: DocumentSummary,
  sources: readonly SourceFile[],
  { storedId, choice }: { readonly storedId: string | null; readonly choice: OpenChoice },
): void {
  useDocument.setState(({ generation }) => ({
    ...NO_DOCUMENT,
    summary,
    sources,
    choice,
    storedId,
    error: null,
    askedAgain: [],
    generation: generation + 1,
  }));
}

/** Weights or data joined the open document. */
export function documentGrew(summary: DocumentSummary, added: readonly SourceFile[]): void {
  const names = new Set(added.map((file) => file.name));
  useDocument.setState(({ sources }) => ({
    summary,
    error: null,
    sources: [...sources.filter((file) => !names.has(file.name)), ...added],
  }));
}

export function documentFailed(error: ErrorInfo): void {
  useDocument.setState({ error });
}
