import { findCheckpoint } from '../formats/checkpointFiles.ts';
import type { FileRole, SourceFile } from '../protocol.ts';

/** What a file is for, told by its name; contents are looked at when it is opened. */
export function roleOf(name: string): FileRole {
  if (/\.index$/.test(name)) return 'checkpoint-index';
  if (/\.data-\d{5}-of-\d{5}$/.test(name)) return 'checkpoint-data';
  if (name === 'checkpoint') return 'checkpoint-state';
  if (/\.npy$/i.test(name)) return 'calibration';
  if (/\.json$/i.test(name)) return 'recipe';
  return 'graph';
}
