import { ChevronDown, FileCode2, FolderArchive, Package, Workflow } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';

export function DownloadMenu() {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="button primary">
        Download <ChevronDown aria-hidden />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="surface menu" align="end" sideOffset={4} collisionPadding={6}>
          <Entry
            id="download-frozen"
            icon={<FileCode2 />}
            words="Download .pb"
            detail="Self-contained: weights and thresholds as constants"
          />
          <Entry
            id="download-graffitist"
            icon={<Package />}
            words="Graffitist form"
            detail=".pb and checkpoint, as the original writes them"
          />
          <div className="menu-line" />
          <Entry id="download-recipe" icon={<Workflow />} words="Recipe" detail="The pipeline as JSON, for the page and the command line" />
          <Entry id="download-zip" icon={<FolderArchive />} words="All as .zip" detail="Both forms and the recipe" />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Entry({ id, icon, words, detail }: { id: CommandId; icon: ReactElement; words: string; detail: string }) {
  const { enabled, keys, run } = useCommand(id);
  return (
    <DropdownMenu.Item className="menu-item" disabled={!enabled} onSelect={run}>
      {icon}
      <span className="text">
        {words}
        <small>{detail}</small>
      </span>
      {keys !== undefined && <kbd>{keys}</kbd>}
    </DropdownMenu.Item>
  );
}
