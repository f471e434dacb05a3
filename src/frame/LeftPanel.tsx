import { FilesSection } from '../files/FilesSection.tsx';
import { InterfaceCard } from '../interface/InterfaceCard.tsx';
import { Palette } from '../pipeline/Palette.tsx';
import { Pipeline } from '../pipeline/Pipeline.tsx';
import { RunBar } from '../pipeline/RunBar.tsx';
import { useDocument } from '../state/document.ts';

export function LeftPanel() {
  const refused = useDocument((state) => state.summary?.refusal !== null);
  return (
    <aside className="left" aria-label="Files and pipeline">
      <div className="left-scroll">
        <FilesSection />
        {!refused && (
          <>
            <InterfaceCard />
            <Palette />
            <Pipeline />
          </>
        )}
      </div>
      {!refused && <RunBar />}
    </aside>
  );
}
