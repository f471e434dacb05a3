import { Tooltip } from 'radix-ui';
import { DropZone } from './files/DropZone.tsx';
import { EmptyState } from './files/EmptyState.tsx';
import { CommandPalette } from './frame/CommandPalette.tsx';
import { StatusLine } from './frame/StatusLine.tsx';
import { TopBar } from './frame/TopBar.tsx';
import { TrainingBar } from './frame/TrainingBar.tsx';
import { useTitle } from './frame/useTitle.ts';
import { Workspace } from './frame/Workspace.tsx';
import { useDocument } from './state/document.ts';

export function App() {
  const opened = useDocument((state) => state.summary !== null);
  useTitle();
  return (
    <Tooltip.Provider delayDuration={400}>
      <div className="app">
        <TopBar />
        {opened && <TrainingBar />}
        {opened ? <Workspace /> : <EmptyState />}
        <StatusLine />
      </div>
      <CommandPalette />
      <DropZone />
    </Tooltip.Provider>
  );
}
