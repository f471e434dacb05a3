import { FolderOpen, X } from 'lucide-react';
import { useCommand } from '../commands/useCommand.ts';
import { bytes, plural } from '../format/numbers.ts';
import { forgetRecent, openStored, useRecent } from '../session/session.ts';
import { KEPT_BYTES, type StoredDocument } from '../session/storage.ts';
import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { Tip } from '../ui/Tip.tsx';

/** Before a file is open: one quiet card. */
export function EmptyState() {
  const open = useCommand('open');
  const folder = useCommand('open-folder');
  const sample = useCommand('open-sample');
  const error = useDocument((state) => state.error);
  const askedAgain = useDocument((state) => state.askedAgain);
  const busy = useRun((state) => state.job !== null);
  return (
    <main className="empty">
      <section className="empty-card" aria-labelledby="invitation">
        <h1 id="invitation">Drop a graph here</h1>
        <p className="muted">
          A <span className="mono">.pb</span>, <span className="mono">.pbtxt</span>, <span className="mono">.meta</span> or SavedModel
          (folder or <span className="mono">.zip</span>), frozen or with its checkpoint (<span className="mono">.index</span>,{' '}
          <span className="mono">.data</span>); calibration images as <span className="mono">.npy</span> or{' '}
          <span className="mono">.npz</span>; labelled photographs (a folder, <span className="mono">.zip</span>, TFRecords) to measure
          accuracy on. Several files or a folder at once are fine.
        </p>
        <div className="empty-actions">
          <button type="button" className="button primary large" disabled={!sample.enabled} onClick={sample.run}>
            {busy && <span className="spinner" />}
            Try the sample
          </button>
          <button type="button" className="button large" disabled={!open.enabled} onClick={open.run}>
            Open… <kbd>{open.keys}</kbd>
          </button>
          <Tip text="Open a folder: graph, checkpoint and data are paired by name">
            <button type="button" className="button large icon" aria-label={folder.title} disabled={!folder.enabled} onClick={folder.run}>
              <FolderOpen />
            </button>
          </Tip>
        </div>
        {error !== null && <ErrorNote error={error} />}
        <OpenData />
        {askedAgain.length > 0 && (
          <div className="note warning">
            This browser keeps up to {bytes(KEPT_BYTES)} of a document; left out were:{' '}
            {askedAgain.map((file) => (
              <span key={file.name}>
                <span className="mono">{file.name}</span> ({bytes(file.bytes)}){' '}
              </span>
            ))}
            Open it again to go on.
          </div>
        )}
        <Recent />
        <p className="empty-foot muted">Nothing leaves this machine.</p>
      </section>
    </main>
  );
}

/** Images may come before the graph: they wait for it. */
function OpenData() {
  const summary = useData((state) => state.summary);
  const error = useData((state) => state.error);
  return (
    <>
      {error !== null && <ErrorNote error={error} />}
      {summary !== null && (
        <div className="note">
          <b>{plural(summary.count, 'image')} open.</b> Drop the graph that takes them.
        </div>
      )}
    </>
  );
}

function Recent() {
  const documents = useRecent((state) => state.documents);
  if (documents === null || documents.length === 0) return null;
  return (
    <div className="recent">
      <h2>Recent</h2>
      <ul>
        {documents.map((document) => (
          <li key={document.id} className="recent-row">
            <button type="button" className="recent-open" onClick={() => void openStored(document)}>
              <span className="clip">{document.name}</span>
              <span className="muted">{summary(document)}</span>
            </button>
            <Tip text="Forget it and remove the copy kept in this browser">
              <button
                type="button"
                className="button ghost small icon"
                aria-label={`Forget ${document.name}`}
                onClick={() => void forgetRecent(document.id)}
              >
                <X />
              </button>
            </Tip>
          </li>
        ))}
      </ul>
    </div>
  );
}

function summary(document: StoredDocument): string {
  const steps = document.request.steps.length;
  const size = bytes(document.files.reduce((sum, file) => sum + file.bytes, 0));
  return `${size}${steps === 0 ? '' : ` · ${steps} steps`}`;
}
