import { FilePlus2, FolderPlus, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useCommand } from '../commands/useCommand.ts';
import { bytes, count, plural } from '../format/numbers.ts';
import { CommandButton } from '../frame/TopBar.tsx';
import { useDocument } from '../state/document.ts';
import { usePipeline } from '../state/pipeline.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { PathText } from '../ui/PathText.tsx';
import { DataRow } from './DataRow.tsx';
import { Feeds } from './Feeds.tsx';
import { fileRows, namedFiles } from './rows.ts';
import { SavedModelChoice } from './SavedModelChoice.tsx';

/** Long lists of variables stay readable. */
const LISTED_VARIABLES = 200;

/** What is open and what belongs together; what is missing is said here, before Run. */
export function FilesSection() {
  const summary = useDocument((state) => state.summary);
  const error = useDocument((state) => state.error);
  const askedAgain = useDocument((state) => state.askedAgain);
  const request = usePipeline((state) => state.request);
  const transforms = usePipeline((state) => state.transforms);
  const usedBy = useMemo(() => namedFiles(request, transforms), [request, transforms]);
  if (summary === null) return null;
  return (
    <section aria-labelledby="files">
      <header className="section-head">
        <h2 id="files">Files</h2>
        <span className="actions">
          <CommandButton id="open" icon={<FilePlus2 />} />
          <CommandButton id="open-folder" icon={<FolderPlus />} />
        </span>
      </header>
      <ul className="files">
        {fileRows(summary.files, usedBy).map((row) => (
          <li key={row.key}>
            <div className="file-row" title={row.title}>
              <span className="tag">{row.kind}</span>
              <span className="file-name clip">{row.name}</span>
              <span className="muted" title={row.detail}>
                {row.fact}
              </span>
            </div>
            {row.error !== null && (
              <div className="inset">
                <ErrorNote error={row.error} />
              </div>
            )}
          </li>
        ))}
        {askedAgain.map((file) => (
          <li key={file.name} className="file-row">
            <span className="tag">?</span>
            <span className="grow clip">{file.name}</span>
            <span className="warn">open it again ({bytes(file.bytes)})</span>
          </li>
        ))}
        <DataRow />
      </ul>
      {summary.savedModel !== null && <SavedModelChoice model={summary.savedModel} />}
      <Feeds />
      {error !== null && (
        <div className="inset dismissible">
          <ErrorNote error={error} />
          <button
            type="button"
            className="button ghost small icon"
            aria-label="Dismiss"
            onClick={() => useDocument.setState({ error: null })}
          >
            <X />
          </button>
        </div>
      )}
      {summary.refusal !== null && (
        <div className="inset">
          <ErrorNote error={summary.refusal} />
        </div>
      )}
      <MissingVariables names={summary.missingVariables} />
      {summary.quantizers.count > 0 && !summary.quantizers.thresholdsLoaded && (
        <ThresholdsNotLoaded quantizers={summary.quantizers.count} />
      )}
    </section>
  );
}

function MissingVariables({ names }: { names: readonly string[] }) {
  const [listed, setListed] = useState(false);
  const open = useCommand('open');
  if (names.length === 0) return null;
  return (
    <div className="inset">
      <div className="note warning">
        <b>{plural(names.length, 'variable')} without a value.</b> Drop the checkpoint (<span className="mono">.index</span> and{' '}
        <span className="mono">.data</span>) of this graph.
        <div className="actions">
          <button type="button" className="button small" onClick={open.run}>
            Add checkpoint…
          </button>
          <button type="button" className="button ghost small" aria-expanded={listed} onClick={() => setListed(!listed)}>
            {listed ? 'Hide names' : 'Which?'}
          </button>
        </div>
        {listed && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling list must be reachable by keyboard
          <ul className="names" tabIndex={0} aria-label="Variables without a value">
            {names.slice(0, LISTED_VARIABLES).map((name) => (
              <li key={name} title={name}>
                <PathText>{name}</PathText>
              </li>
            ))}
            {names.length > LISTED_VARIABLES && <li>and {count(names.length - LISTED_VARIABLES)} more</li>}
          </ul>
        )}
      </div>
    </div>
  );
}

function ThresholdsNotLoaded({ quantizers }: { quantizers: number }) {
  const open = useCommand('open');
  return (
    <div className="inset">
      <div className="note warning">
        <b>Thresholds are not loaded.</b> This graph has {plural(quantizers, 'quantizer')} whose thresholds lie in its checkpoint.
        <div className="actions">
          <button type="button" className="button small" onClick={open.run}>
            Add checkpoint…
          </button>
        </div>
      </div>
    </div>
  );
}
