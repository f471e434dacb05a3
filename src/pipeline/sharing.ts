import { errorInfo } from '../../worker/protocol.ts';
import { saveFile } from '../actions/download.ts';
import { thresholdsCsv } from '../bottom/csv.ts';
import { engine } from '../engine/client.ts';
import { useDocument } from '../state/document.ts';
import { log, logError } from '../state/log.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';

/** The pipeline as a `graffitize` command line, on the clipboard. */
export async function copyCommandLine(): Promise<void> {
  try {
    const text = await engine().commandLine(usePipeline.getState().request);
    await navigator.clipboard.writeText(text);
    log('info', 'The command line is on the clipboard.');
    useRun.setState({ outcome: { state: 'done', text: 'The command line is on the clipboard.' } });
  } catch (thrown) {
    const error = errorInfo(thrown);
    logError(error);
    useRun.setState({ outcome: { state: 'failed', text: error.cause } });
  }
}

/** The thresholds table of the stage on screen as a CSV file. */
export function saveThresholds(): void {
  const rows = useRun.getState().quantizers?.rows ?? [];
  const name = useDocument.getState().summary?.name ?? 'graph';
  saveFile({ name: `${name}-thresholds.csv`, blob: new Blob([thresholdsCsv(rows)], { type: 'text/csv' }) });
}
