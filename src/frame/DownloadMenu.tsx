import { ChevronDown, ChevronRight, Database, FileCode2, FolderArchive, Layers, Package, SlidersHorizontal, Workflow } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import type { ReactElement } from 'react';
import type { CommandId } from '../commands/commands.ts';
import { useCommand } from '../commands/useCommand.ts';
import { useIsTrainingGraph } from './useIsTrainingGraph.ts';

/** The forms that a graph is put into beside a .pb, self-contained and with its variables. */
const OTHER_FORMS: readonly (readonly [title: string, forms: readonly (readonly [CommandId, string])[]])[] = [
  [
    'Self-contained',
    [
      ['download-frozen-pbtxt', '.pbtxt'],
      ['download-frozen-meta', '.meta'],
      ['download-frozen-saved-model', 'SavedModel .zip'],
    ],
  ],
  [
    'Graffitist form, with its checkpoint',
    [
      ['download-graffitist-pbtxt', '.pbtxt'],
      ['download-graffitist-meta', '.meta'],
      ['download-graffitist-saved-model', 'SavedModel .zip'],
    ],
  ],
];

export function DownloadMenu() {
  const training = useIsTrainingGraph();
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
            detail={training ? '.pb, checkpoint and the .meta that training imports' : '.pb and checkpoint, as the original writes them'}
          />
          <OtherForms />
          <div className="menu-line" />
          <Entry id="download-checkpoint" icon={<Database />} words="Checkpoint" detail="All variables, thresholds among them" />
          <Entry
            id="download-quant-params"
            icon={<SlidersHorizontal />}
            words="Quantizer parameters"
            detail="JSON and HDF5, after quantize with dump_quant_params"
          />
          <div className="menu-line" />
          <Entry id="download-recipe" icon={<Workflow />} words="Recipe" detail="The pipeline as JSON, for the page and the command line" />
          <Entry id="download-zip" icon={<FolderArchive />} words="All as .zip" detail="Both forms and the recipe" />
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function OtherForms() {
  return (
    <DropdownMenu.Sub>
      <DropdownMenu.SubTrigger className="menu-item">
        <Layers />
        <span className="text">
          Other forms
          <small>.pbtxt, .meta, SavedModel</small>
        </span>
        <ChevronRight aria-hidden className="menu-more" />
      </DropdownMenu.SubTrigger>
      <DropdownMenu.Portal>
        <DropdownMenu.SubContent className="surface menu" sideOffset={6} collisionPadding={6}>
          {OTHER_FORMS.map(([title, forms]) => (
            <DropdownMenu.Group key={title}>
              <DropdownMenu.Label className="menu-label">{title}</DropdownMenu.Label>
              {forms.map(([id, words]) => (
                <Form key={id} id={id} words={words} title={title} />
              ))}
            </DropdownMenu.Group>
          ))}
        </DropdownMenu.SubContent>
      </DropdownMenu.Portal>
    </DropdownMenu.Sub>
  );
}

function Form({ id, words, title }: { id: CommandId; words: string; title: string }) {
  const { enabled, run } = useCommand(id);
  return (
    <DropdownMenu.Item className="menu-item" aria-label={`${words}, ${title}`} textValue={words} disabled={!enabled} onSelect={run}>
      {words}
    </DropdownMenu.Item>
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
