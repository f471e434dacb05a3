import { useState } from 'react';
import type { ErrorInfo } from '../../worker/protocol.ts';
import { pasteCommandLine } from '../actions/open.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';

/** A `graffitize` command line becomes interface and pipeline. */
export function PasteCommandLine({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [error, setError] = useState<ErrorInfo | null>(null);
  const fill = async (): Promise<void> => {
    const wrong = await pasteCommandLine(text);
    setError(wrong);
    if (wrong === null) onClose();
  };
  return (
    <div className="paste">
      <textarea
        className="field mono"
        // biome-ignore lint/a11y/noAutofocus: the field appears because the person asked to paste
        autoFocus
        rows={4}
        data-own-keys="Mod+Enter"
        aria-label="graffitize command line"
        placeholder="graffitize --in_graph … --inputs … --outputs … --input_shape … --transforms …"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onClose();
          else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            void fill();
          }
        }}
      />
      {error !== null && <ErrorNote error={error} />}
      <div className="paste-actions">
        <button type="button" className="button small primary" disabled={text.trim() === ''} onClick={() => void fill()}>
          Fill in
        </button>
        <button type="button" className="button small" onClick={onClose}>
          Cancel
        </button>
      </div>
    </div>
  );
}
