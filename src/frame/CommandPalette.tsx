import { Search } from 'lucide-react';
import { Dialog } from 'radix-ui';
import { type KeyboardEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { SearchHit } from '../../worker/protocol.ts';
import { quietly } from '../actions/jobs.ts';
import { COMMAND_IDS, command, isEnabled, runCommand } from '../commands/commands.ts';
import { keysLabel } from '../commands/keys.ts';
import { engine } from '../engine/client.ts';
import { useDocument } from '../state/document.ts';
import { showNode } from '../state/selection.ts';
import { setView, useView } from '../state/view.ts';
import { PathText } from '../ui/PathText.tsx';

const SHOWN_NODES = 40;
const SHOWN_COMMANDS = 8;

interface Entry {
  readonly key: string;
  readonly section: 'Nodes' | 'Commands';
  readonly title: string;
  readonly detail: string;
  readonly mono: boolean;
  readonly run: () => void;
}

/** Search nodes by name or run a command: one field for both, as in an editor. */
export function CommandPalette() {
  const open = useView((state) => state.paletteOpen);
  return (
    <Dialog.Root open={open} onOpenChange={(next) => setView({ paletteOpen: next })} modal={false}>
      <Dialog.Portal>
        <Dialog.Content className="surface palette" aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Search nodes or run a command</Dialog.Title>
          <Finder />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Finder() {
  const [text, setText] = useState('');
  const [at, setAt] = useState(0);
  const nodes = useNodeHits(text);
  const entries = useMemo(() => [...nodes.map(nodeEntry), ...commandEntries(text)], [nodes, text]);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(at, entries.length - 1);

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  });

  const choose = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    setView({ paletteOpen: false });
    // The dialog gives the focus back first; a command may move it on.
    queueMicrotask(entry.run);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt((current + 1) % Math.max(entries.length, 1));
    else if (event.key === 'ArrowUp') setAt((current - 1 + entries.length) % Math.max(entries.length, 1));
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) choose(entries[current]);
    else return;
    event.preventDefault();
  };

  return (
    <>
      <div className="palette-field">
        <Search aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: the palette was opened to type into it
          autoFocus
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={entries[current] === undefined ? undefined : `${listId}-${current}`}
          aria-label="Search nodes or run a command"
          placeholder="Node name or command"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
        <kbd>Esc</kbd>
      </div>
      <div className="palette-list" role="listbox" id={listId} aria-label="Results" ref={list}>
        {entries.map((entry, index) => (
          <div key={entry.key}>
            {entries[index - 1]?.section !== entry.section && (
              <div className="menu-label" role="presentation">
                {entry.section}
              </div>
            )}
            {/* biome-ignore lint/a11y/useKeyWithClickEvents: keys are answered by the combobox */}
            {/* biome-ignore lint/a11y/useFocusableInteractive: the combobox keeps the focus */}
            <div
              id={`${listId}-${index}`}
              className="menu-item"
              role="option"
              aria-selected={index === current}
              data-highlighted={index === current ? '' : undefined}
              onPointerMove={() => setAt(index)}
              onClick={() => choose(entry)}
            >
              {entry.mono ? <PathText>{entry.title}</PathText> : <span className="grow clip">{entry.title}</span>}
              {entry.section === 'Nodes' ? <span className="muted">{entry.detail}</span> : entry.detail !== '' && <kbd>{entry.detail}</kbd>}
            </div>
          </div>
        ))}
        {entries.length === 0 && <p className="palette-none muted">No node and no command matches “{text}”.</p>}
      </div>
    </>
  );
}

function useNodeHits(text: string): readonly SearchHit[] {
  const stage = useView((state) => state.stage);
  const opened = useDocument((state) => state.summary !== null);
  const [hits, setHits] = useState<readonly SearchHit[]>([]);
  useEffect(() => {
    const wanted = text.trim();
    if (wanted === '' || !opened) {
      setHits([]);
      return;
    }
    let current = true;
    void quietly(() => engine().search(stage, wanted, SHOWN_NODES), []).then((found) => {
      if (current) setHits(found);
    });
    return () => {
      current = false;
    };
  }, [text, stage, opened]);
  return hits;
}

function nodeEntry(hit: SearchHit): Entry {
  return { key: `node:${hit.node}`, section: 'Nodes', title: hit.node, detail: hit.op, mono: true, run: () => showNode(hit.node) };
}

function commandEntries(text: string): Entry[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return COMMAND_IDS.filter(
    (id) => id !== 'search' && isEnabled(id) && words.every((word) => command(id).title.toLowerCase().includes(word)),
  )
    .slice(0, words.length === 0 ? undefined : SHOWN_COMMANDS)
    .map((id) => {
      const { title, keys } = command(id);
      return {
        key: id,
        section: 'Commands',
        title,
        detail: keys === undefined ? '' : keysLabel(keys),
        mono: false,
        run: () => runCommand(id),
      };
    });
}
