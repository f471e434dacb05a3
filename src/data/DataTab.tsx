import { Download } from 'lucide-react';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { DATA_SECTIONS, type DataSection, showSection, useData } from '../state/data.ts';
import { Segments } from '../ui/Segments.tsx';
import { Tip } from '../ui/Tip.tsx';
import { AccuracySection } from './AccuracySection.tsx';
import { ChangedSection } from './ChangedSection.tsx';
import { ClassesSection } from './ClassesSection.tsx';
import { ConfusionSection } from './ConfusionSection.tsx';
import { AskedAgain, DataError } from './SetNotes.tsx';
import { SetSection } from './SetSection.tsx';

/** The sections of the Data tab, and its evaluation as files. */
export function DataTools() {
  const opened = useData((state) => state.summary !== null);
  const section = useData((state) => state.section);
  const evaluated = useData((state) => state.evaluation !== null);
  if (!opened) return null;
  return (
    <div className="bottom-tools">
      {evaluated && (
        <>
          <SaveButton id="save-evaluation-csv" words="CSV" />
          <SaveButton id="save-evaluation-json" words="JSON" />
        </>
      )}
      <Segments
        id="data-section"
        label="Section of the data"
        choices={DATA_SECTIONS}
        value={section}
        onChange={(next) => showSection(next as DataSection)}
      />
    </div>
  );
}

function SaveButton({ id, words }: { id: CommandId; words: string }) {
  const { enabled, title, run } = useCommand(id);
  return (
    <Tip text={title}>
      <button type="button" className="button ghost small" disabled={!enabled} onClick={run}>
        <Download aria-hidden />
        {words}
      </button>
    </Tip>
  );
}

/** Images and labels beside the document: what is open, how they are read, and what the networks make of them. */
export function DataTab() {
  const opened = useData((state) => state.summary !== null);
  const section = useData((state) => state.section);
  if (!opened) return <NoData />;
  switch (section) {
    case 'Set':
      return <SetSection />;
    case 'Accuracy':
      return <AccuracySection />;
    case 'Classes':
      return <ClassesSection />;
    case 'Confusion':
      return <ConfusionSection />;
    case 'Changed':
      return <ChangedSection />;
  }
}

function NoData() {
  const open = useCommand('open');
  const folder = useCommand('open-folder');
  const askedAgain = useData((state) => state.askedAgain);
  const error = useData((state) => state.error);
  return (
    <div className="data-empty">
      <p>
        Drop images to see what quantization does to accuracy: a folder of <span className="mono">.jpg</span> and{' '}
        <span className="mono">.png</span> files or of class folders, a <span className="mono">.zip</span> of those, TFRecord shards, or an{' '}
        <span className="mono">.npz</span> with images and labels.
      </p>
      <p className="actions">
        <button type="button" className="button small" disabled={!folder.enabled} onClick={folder.run}>
          Open folder…
        </button>
        <button type="button" className="button small" disabled={!open.enabled} onClick={open.run}>
          Open files…
        </button>
      </p>
      {askedAgain !== null && <AskedAgain />}
      {error !== null && <DataError />}
    </div>
  );
}
