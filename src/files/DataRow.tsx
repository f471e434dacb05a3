import { X } from 'lucide-react';
import { useCommand } from '../commands/useCommand.ts';
import { count, plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { Tip } from '../ui/Tip.tsx';

/** The data set in the list of files: one line, however many files it is; it leads to the Data tab. */
export function DataRow() {
  const summary = useData((state) => state.summary);
  const askedAgain = useData((state) => state.askedAgain);
  const show = useCommand('show-data');
  const close = useCommand('close-data');
  if (summary === null) {
    if (askedAgain === null) return null;
    return (
      <li className="file-row">
        <span className="tag">?</span>
        <span className="grow clip">{askedAgain.title}</span>
        <span className="warn">open again ({plural(askedAgain.count, 'image')})</span>
      </li>
    );
  }
  const classes = summary.labels?.classes ?? null;
  return (
    <li className="file-row data-row">
      <span className="tag">img</span>
      <button type="button" className="data-open clip" title={summary.title} onClick={show.run}>
        {plural(summary.count, 'image')}
        {classes !== null && ` · ${count(classes)} classes`}
        {summary.labels === null && ' · no labels'}
      </button>
      {summary.leftOut.count > 0 && <span className="warn">{count(summary.leftOut.count)} left out</span>}
      <Tip text="Close the images">
        <button type="button" className="button ghost small icon" aria-label={close.title} disabled={!close.enabled} onClick={close.run}>
          <X />
        </button>
      </Tip>
    </li>
  );
}
