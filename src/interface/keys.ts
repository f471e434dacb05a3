import type { KeyboardEvent } from 'react';

/** Enter takes what is written, Escape brings back what was there. */
export function onEnterOrEscape(event: KeyboardEvent<HTMLInputElement>, commit: () => void, revert: () => void): void {
  if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) commit();
  else if (event.key === 'Escape') revert();
}
