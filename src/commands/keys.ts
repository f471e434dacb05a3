import { COMMAND_IDS, type CommandId, command, isEnabled } from './commands.ts';

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

/** A key combination as people read it: `Ctrl K`, `⌘K`. */
export function keysLabel(keys: string, mac = isMac): string {
  const parts = keys.split('+').map((part) => {
    if (part === 'Mod') return mac ? '⌘' : 'Ctrl';
    if (part === 'Shift') return mac ? '⇧' : 'Shift';
    if (part === 'Alt') return mac ? '⌥' : 'Alt';
    if (part === 'Enter') return '↵';
    return part.toUpperCase();
  });
  return parts.join(mac ? '' : ' ');
}

/** The combination of an event in the notation of the registry. */
export function keysOf(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  // With Shift or Alt held, `key` depends on the layout; the digit and letter of the key do not.
  const plain = /^(?:Digit|Key)(.)$/.exec(event.code)?.[1] ?? (event.key.length === 1 ? event.key.toUpperCase() : event.key);
  return [event.ctrlKey || event.metaKey ? 'Mod' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : '', plain]
    .filter((part) => part !== '')
    .join('+');
}

const normal = (keys: string): string => {
  const parts = keys.split('+');
  return ['Mod', 'Alt', 'Shift']
    .filter((part) => parts.includes(part))
    .concat(parts.at(-1) ?? '')
    .join('+');
};

const byKeys = new Map<string, CommandId>(
  COMMAND_IDS.flatMap((id) => {
    const { keys } = command(id);
    return keys === undefined ? [] : [[normal(keys), id] as const];
  }),
);

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest('input, textarea, select') !== null);
}

/** Marks an element that answers one combination itself, e.g. `data-own-keys="Mod+Enter"`. */
const OWN_KEYS = 'data-own-keys';

function ownsKeys(target: EventTarget | null, keys: string): boolean {
  return target instanceof Element && target.closest(`[${OWN_KEYS}="${keys}"]`) !== null;
}

/**
 * Answers the keys of every command while the page lives. They are caught before any element sees them: Ctrl+Enter runs the
 * pipeline wherever the focus is, also on a button that Enter alone would press.
 */
export function listenForKeys(): void {
  window.addEventListener(
    'keydown',
    (event) => {
      const keys = keysOf(event);
      const id = byKeys.get(keys);
      if (id === undefined || ownsKeys(event.target, keys)) return;
      // A text field has its own undo, and types what has no modifier.
      if (isField(event.target) && command(id).inFields !== true && (id === 'undo' || id === 'redo' || !keys.startsWith('Mod'))) return;
      event.preventDefault();
      event.stopPropagation();
      if (isEnabled(id)) command(id).run();
    },
    { capture: true },
  );
}
