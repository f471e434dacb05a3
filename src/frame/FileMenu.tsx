import { DropdownMenu } from 'radix-ui';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { openStored, useRecent } from '../session/session.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';

/** The mark in the corner: open, recent, close. */
export function FileMenu() {
  const opened = useDocument((state) => state.summary !== null);
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="mark" aria-label="File menu">
        <i />
        <i />
        <i />
        <i />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="surface menu" align="start" sideOffset={8} collisionPadding={6}>
          <Item id="open" />
          <Item id="open-folder" />
          <Item id="open-sample" />
          <Recent />
          {opened && (
            <>
              <div className="menu-line" />
              <Item id="close" />
            </>
          )}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Item({ id }: { id: CommandId }) {
  const { enabled, title, keys, run } = useCommand(id);
  return (
    <DropdownMenu.Item className="menu-item" disabled={!enabled} onSelect={run}>
      <span className="text">{title}</span>
      {keys !== undefined && <kbd>{keys}</kbd>}
    </DropdownMenu.Item>
  );
}

function Recent() {
  const documents = useRecent((state) => state.documents);
  const name = useDocument((state) => state.summary?.name);
  const busy = useRun((state) => state.job !== null);
  const others = (documents ?? []).filter((document) => document.name !== name);
  if (others.length === 0) return null;
  return (
    <>
      <div className="menu-line" />
      <DropdownMenu.Label className="menu-label">Recent</DropdownMenu.Label>
      {others.map((document) => (
        <DropdownMenu.Item key={document.id} className="menu-item" disabled={busy} onSelect={() => void openStored(document)}>
          <span className="text">{document.name}</span>
        </DropdownMenu.Item>
      ))}
    </>
  );
}
