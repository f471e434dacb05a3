import { create } from 'zustand';
import { closeDataSet, openDataSet } from '../actions/data.ts';
import { openFiles } from '../actions/open.ts';
import { refreshStages } from '../actions/stages.ts';
import { engine } from '../engine/client.ts';
import { useData } from '../state/data.ts';
import { NO_DOCUMENT, useDocument } from '../state/document.ts';
import { log } from '../state/log.ts';
import { EMPTY_REQUEST, startRequest, usePipeline } from '../state/pipeline.ts';
import { forgetRun, useRun } from '../state/run.ts';
import { clearSelection } from '../state/selection.ts';
import { setForm, useTraining } from '../state/training.ts';
import { openKeptValidation, validationKeeper } from './keptValidation.ts';
import {
  currentDocument,
  documentId,
  forgetCurrent,
  forgetDocument,
  keepDataFiles,
  keepFiles,
  keepSnapshot,
  keptFiles,
  keptSnapshot,
  putDocument,
  recentDocuments,
  type StoredData,
  type StoredDocument,
  type StoredFile,
} from './storage.ts';
import { storeNow, storesBy } from './storeNow.ts';

/** What of training and of a run is kept: a change of it is stored. */
const KEPT_OF_TRAINING = ['report', 'validationSet', 'form'] as const;
const KEPT_OF_RUN = ['ran', 'calibration', 'comparison', 'retrainedComparison'] as const;

/** Documents that can be opened again, newest first; null while the list is read. */
export const useRecent = create<{ readonly documents: readonly StoredDocument[] | null }>(() => ({ documents: null }));

/** Opens what was open when the page was left. @returns whether there was something */
export async function restoreSession(): Promise<boolean> {
  await refreshRecent();
  const stored = await orUndefined(currentDocument);
  return stored !== undefined && (await openStored(stored));
}

/** Opens a document from what was kept of it: files, interface, pipeline, and what its last run made. */
export async function openStored(stored: StoredDocument): Promise<boolean> {
  const missing = stored.files.filter((file) => file.kept === null);
  const files = (await orUndefined(() => keptFiles(stored.id, stored.files))) ?? [];
  if (missing.length > 0) useDocument.setState({ askedAgain: missing.map(({ name, bytes }) => ({ name, bytes })) });
  if (files.length === 0) return false;
  if (!(await openFiles(files, { request: stored.request, storedId: stored.id, choice: stored.choice ?? {} }))) return false;
  if (missing.length > 0) useDocument.setState({ askedAgain: missing.map(({ name, bytes }) => ({ name, bytes })) });
  setForm(stored.training ?? {});
  // A run that waits may be validated on it, and is looked for when images and stages are there.
  const { validation } = stored;
  if (validation !== undefined) await orUndefined(() => openKeptValidation(stored.id, validation));
  if (stored.data !== undefined) await openStoredData(stored.id, stored.data);
  const snapshot = stored.hasSnapshot ? await orUndefined(() => keptSnapshot(stored.id)) : null;
  if (snapshot) {
    try {
      await engine().restore(snapshot);
      const calibration = stored.ran?.report.steps.find((step) => step.calibration !== undefined)?.calibration ?? null;
      const { ran, comparison, retrainedComparison = null } = stored;
      useRun.setState({ ran, calibration, comparison, retrainedComparison });
      useTraining.setState({ report: await engine().trainingReport() });
      await refreshStages('last');
    } catch {
      log('warning', 'What the last run made could not be brought back; run the pipeline again.');
    }
  }
  return true;
}

/** The data set that was open beside a document; a large one is asked for. */
async function openStoredData(id: string, { title, count, bytes, labels, images, files }: StoredData): Promise<void> {
  const kept = (await orUndefined(() => keptFiles(id, files))) ?? [];
  if (kept.length > 0 && kept.length === files.length && (await openDataSet(kept, labels))) useData.setState({ images });
  else if (useData.getState().summary === null) useData.setState({ askedAgain: { title, count, bytes } });
}

export async function forgetRecent(id: string): Promise<void> {
  await orUndefined(() => forgetDocument(id));
  await refreshRecent();
}

async function refreshRecent(): Promise<void> {
  useRecent.setState({ documents: (await orUndefined(recentDocuments)) ?? [] });
}

/** Back to the invitation; what was kept of the document waits under "recent". */
export async function closeDocument(): Promise<void> {
  await storeNow();
  await closeDataSet();
  clearSelection();
  forgetRun();
  startRequest(EMPTY_REQUEST);
  useRun.setState({ stages: [] });
  useDocument.setState({ ...NO_DOCUMENT, storedId: null, error: null, askedAgain: [] });
}

/** Keeps document, pipeline and results stored from now on. */
export function keepSession(): void {
  let data: { id: string; sources: unknown; files: readonly StoredFile[] } | null = null;
  let files: { generation: number; id: string; stored: readonly StoredFile[]; sources: unknown; hasSnapshot: boolean } | null = null;
  let storing: Promise<void> | null = null;
  let changed = false;
  let snapshotOf: unknown = null;
  const keepValidation = validationKeeper();

  const store = async (): Promise<void> => {
    // One moment of all stores: what changes during the writing below is stored after it.
    const { summary, sources, choice, storedId, generation } = useDocument.getState();
    const { ran, quantizers, calibration, comparison, retrainedComparison } = useRun.getState();
    const { request } = usePipeline.getState();
    const isCurrent = (): boolean => useDocument.getState().generation === generation;
    if (summary === null) {
      await forgetCurrent();
      return;
    }
    if (files?.generation !== generation || files.sources !== sources) {
      const id = files?.generation === generation ? files.id : (storedId ?? documentId(sources));
      const hasSnapshot = files?.generation === generation && files.hasSnapshot;
      // The same files opened once more, as another graph of a SavedModel, are not written again.
      const stored = files?.id === id && files.sources === sources ? files.stored : await keepFiles(id, sources);
      files = { generation, id, stored, sources, hasSnapshot };
    }
    const made = ran === null ? null : (useTraining.getState().report ?? calibration ?? ran);
    if (made !== snapshotOf && quantizers !== null) {
      snapshotOf = made;
      const snapshot = made === null ? null : await engine().snapshot();
      if (!isCurrent()) return;
      files = { ...files, hasSnapshot: await keepSnapshot(files.id, snapshot) };
    }
    const set = useData.getState();
    if (set.summary !== null && (data?.id !== files.id || data.sources !== set.sources))
      data = { id: files.id, sources: set.sources, files: await keepDataFiles(files.id, set.sources) };
    const validation = await keepValidation(files.id);
    await putDocument({
      id: files.id,
      name: summary.name,
      openedAt: Date.now(),
      files: files.stored,
      choice,
      ...(set.summary === null || data === null
        ? {}
        : {
            data: {
              title: set.summary.title,
              count: set.summary.count,
              bytes: set.summary.bytes,
              labels: set.labels,
              images: set.images,
              files: data.files,
            },
          }),
      ...(validation === undefined ? {} : { validation }),
      training: useTraining.getState().form,
      request,
      ran,
      comparison,
      retrainedComparison,
      hasSnapshot: files.hasSnapshot,
    });
    await refreshRecent();
  };
  const storeAll = async (): Promise<void> => {
    try {
      while (changed) {
        // Opening and closing change several stores in a row.
        await new Promise((resolve) => setTimeout(resolve));
        changed = false;
        await store();
      }
    } catch (error) {
      log('warning', `The session could not be stored: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      storing = null;
    }
  };
  // At once, so that a reload loses nothing; changes that come while it is being stored are stored together after it.
  const schedule = (): Promise<void> => {
    changed = true;
    storing ??= storeAll();
    return storing;
  };
  storesBy(schedule);
  useDocument.subscribe(() => void schedule());
  useData.subscribe((state, before) => {
    if (state.sources !== before.sources || state.images !== before.images || state.labels !== before.labels) void schedule();
  });
  useTraining.subscribe((state, before) => {
    if (KEPT_OF_TRAINING.some((part) => state[part] !== before[part])) void schedule();
  });
  usePipeline.subscribe((state, before) => {
    if (state.request !== before.request) void schedule();
  });
  useRun.subscribe((state, before) => {
    if (KEPT_OF_RUN.some((part) => state[part] !== before[part])) void schedule();
  });
}

async function orUndefined<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch {
    return undefined;
  }
}
