import type { DataWarning } from '../../protocol.ts';
import type { UsedBackend } from './runMemory.ts';

/** Where a run was computed, in words. */
export function usedBackends(used: readonly UsedBackend[]): string {
  return used.map(({ backend, from }, k) => (k === 0 ? backend : `from step ${from} on ${backend}`)).join(', ');
}

/** Backends add in different orders: the last bits of what follows are those of another one. */
export function movedWarnings(used: readonly UsedBackend[]): DataWarning[] {
  return used.slice(1).map(({ backend, from }, k) => ({
    rule: 'TRN28',
    text: `From step ${from} on the run is on ${backend}, no longer on ${used[k]?.backend ?? ''}: its numbers are no longer those of a run on one of them alone.`,
    remedy: null,
  }));
}

/** TRN28: images that cannot be read. */
export function leftOutWarning(names: readonly string[]): DataWarning[] {
  const [first] = names;
  if (first === undefined) return [];
  const text = `${names.length} ${names.length === 1 ? 'image' : 'images'} cannot be read and ${names.length === 1 ? 'is' : 'are'} left out (${first}${names.length > 1 ? ', …' : ''}).`;
  return [{ rule: 'TRN28', text, remedy: null }];
}
