import { useSyncExternalStore } from 'react';
import { useCanvas } from '../state/canvas.ts';
import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { useSelection } from '../state/selection.ts';
import { useTraining } from '../state/training.ts';
import { type CommandId, command, isEnabled, runCommand } from './commands.ts';
import { keysLabel } from './keys.ts';

const STORES = [useDocument, useData, usePipeline, useRun, useCanvas, useSelection, useTraining];

function subscribe(listener: () => void): () => void {
  const ends = STORES.map((store) => store.subscribe(listener));
  return () => {
    for (const end of ends) end();
  };
}

/** A command for a button or menu: whether it can run now, its words and its keys. */
export function useCommand(id: CommandId): { enabled: boolean; title: string; keys: string | undefined; run: () => void } {
  const enabled = useSyncExternalStore(subscribe, () => isEnabled(id));
  const { title, keys } = command(id);
  return { enabled, title, keys: keys === undefined ? undefined : keysLabel(keys), run: () => runCommand(id) };
}
