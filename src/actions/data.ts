import { type ErrorInfo, errorInfo, type SourceFile } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { count, plural } from '../format/numbers.ts';
import { dataClosed, dataOpened, type LabelRequest, useData } from '../state/data.ts';
import { log, logError } from '../state/log.ts';
import { quietly, runJob } from './jobs.ts';

/** Opens a data set beside the document. On any error the open one stays as it was. @returns whether it is open */
export async function openDataSet(files: readonly SourceFile[], labels: LabelRequest = {}): Promise<boolean> {
  const ended = await runJob(
    'data',
    'Opening images',
    (options) => engine().openData({ files, ...labels }, options),
    (summary) =>
      `Opened ${plural(summary.count, 'image')}${summary.leftOut.count === 0 ? '' : `; ${plural(summary.leftOut.count, 'file')} left out`}.`,
  );
  if (ended.state === 'cancelled') return false;
  if (ended.state === 'failed') {
    useData.setState({ error: ended.error });
    return false;
  }
  const summary = ended.value;
  for (const { name, error } of summary.leftOut.first) log('warning', `${name}: ${error.cause}`, error.code);
  if (summary.leftOut.count > summary.leftOut.first.length)
    log('warning', `${count(summary.leftOut.count - summary.leftOut.first.length)} more files were left out.`);
  for (const warning of summary.warnings) log('warning', warning.text, warning.rule);
  dataOpened(summary, files, labels, summary.images);
  return true;
}

/** The same files with labels by another rule. */
export async function relabel(change: Partial<LabelRequest>): Promise<void> {
  const { sources, labels, images } = useData.getState();
  if (await openDataSet(sources, { ...labels, ...change })) useData.setState({ images });
}

/** A table of labels joins the set and is taken at once. */
export async function labelByTable(file: SourceFile): Promise<void> {
  const { sources, labels, images } = useData.getState();
  const others = sources.filter((source) => (source.path ?? source.name) !== file.name);
  const opened = await openDataSet([...others, file], { ...labels, labels: { kind: 'csv', file: file.name } });
  if (opened) useData.setState({ images });
}

/** Another network may number its classes otherwise, and asks for another preprocessing. */
export async function reopenDataSet(): Promise<void> {
  const { summary, sources, labels } = useData.getState();
  if (summary === null) return;
  try {
    const again = await engine().openData({ files: sources, ...labels });
    dataOpened(again, sources, labels, again.images);
  } catch (thrown) {
    fail(errorInfo(thrown));
  }
}

export async function closeDataSet(): Promise<void> {
  await quietly(() => engine().closeData(), undefined);
  dataClosed();
}

/** Whether the data, read by the rule at hand, is what the float network expects. */
export async function checkData(): Promise<void> {
  const { images, generation } = useData.getState();
  const ended = await runJob(
    'check',
    'Checking images',
    (options) => engine().checkData(images, options),
    (warnings) =>
      warnings.length === 0 ? 'Images and preprocessing fit the network.' : `${plural(warnings.length, 'warning')} about the images.`,
  );
  if (useData.getState().generation !== generation || ended.state === 'cancelled') return;
  if (ended.state === 'failed') {
    useData.setState({ error: ended.error });
    return;
  }
  for (const warning of ended.value) log('warning', warning.text, warning.rule);
  useData.setState({ checked: ended.value, error: null });
}

function fail(error: ErrorInfo): void {
  logError(error);
  useData.setState({ error });
}
