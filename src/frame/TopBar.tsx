import { Moon, Redo2, Search, Sun, Undo2 } from 'lucide-react';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { bytes } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { resolvedTheme, useView } from '../state/view.ts';
import { Tip } from '../ui/Tip.tsx';
import { BackendChip } from './BackendChip.tsx';
import { DownloadMenu } from './DownloadMenu.tsx';
import { FileMenu } from './FileMenu.tsx';
import { StageTabs } from './StageTabs.tsx';

export function TopBar() {
  const opened = useDocument((state) => state.summary !== null);
  const search = useCommand('search');
  return (
    <header className="top">
      <FileMenu />
      {opened ? <DocumentName /> : <b className="product">Graffitist Studio</b>}
      {opened && (
        <>
          <div className="pair">
            <CommandButton id="undo" icon={<Undo2 />} />
            <CommandButton id="redo" icon={<Redo2 />} />
          </div>
          <StageTabs />
        </>
      )}
      <span className="grow" />
      <button type="button" className="button search" onClick={search.run}>
        <Search aria-hidden />
        <span className="words">Search or run…</span>
        <kbd>{search.keys}</kbd>
      </button>
      <BackendChip />
      <ThemeButton />
      {opened && <DownloadMenu />}
    </header>
  );
}

function DocumentName() {
  const summary = useDocument((state) => state.summary);
  if (summary === null) return null;
  const size = summary.files.reduce((sum, file) => sum + (file.role === 'graph' || file.role.startsWith('checkpoint') ? file.bytes : 0), 0);
  const graph = summary.files.find((file) => file.role === 'graph');
  const extension = /\.[^.]+$/.exec(graph?.name ?? '')?.[0] ?? '';
  return (
    <h1 className="document clip" title={summary.name}>
      <b>{summary.name.replace(extension, '')}</b>{' '}
      <span className="muted">
        {extension} {extension !== '' && '· '}
        {bytes(size)}
      </span>
    </h1>
  );
}

/** An icon for a command of the registry, with its words and key as tooltip. */
export function CommandButton({ id, icon }: { id: CommandId; icon: React.ReactElement }) {
  const { enabled, title, keys, run } = useCommand(id);
  return (
    <Tip text={title} keys={keys}>
      <button type="button" className="button ghost icon" aria-label={title} disabled={!enabled} onClick={run}>
        {icon}
      </button>
    </Tip>
  );
}

function ThemeButton() {
  const theme = useView((state) => state.theme);
  const { run } = useCommand('theme');
  const dark = resolvedTheme(theme) === 'dark';
  return (
    <Tip text={dark ? 'Light theme' : 'Dark theme'}>
      <button type="button" className="button ghost icon" aria-label={dark ? 'Light theme' : 'Dark theme'} onClick={run}>
        {dark ? <Sun /> : <Moon />}
      </button>
    </Tip>
  );
}
