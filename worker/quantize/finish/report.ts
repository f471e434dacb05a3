import type { Note } from '../placement/placement.ts';

/** What the steps report as they go. */
export interface FinishReport {
  readonly changes: { rule: string; summary: string; before: readonly string[]; after: readonly string[] }[];
  readonly warnings: Note[];
}
