import { create } from 'zustand';
import { type ErrorInfo, errorText } from '../../worker/protocol.ts';

export interface LogEntry {
  readonly id: number;
  readonly at: number;
  readonly level: 'info' | 'warning' | 'error';
  /** Error code or rule id, where there is one. */
  readonly code: string | null;
  readonly text: string;
}

interface LogState {
  readonly entries: readonly LogEntry[];
}

/** A long session must not grow without bound. */
const KEPT_ENTRIES = 2000;

export const useLog = create<LogState>(() => ({ entries: [] }));

let nextId = 1;

export function log(level: LogEntry['level'], text: string, code: string | null = null): void {
  const entry: LogEntry = { id: nextId++, at: Date.now(), level, code, text };
  useLog.setState(({ entries }) => ({ entries: [...entries.slice(-KEPT_ENTRIES + 1), entry] }));
}

/** Every error is shown where it belongs and kept here with its code. */
export function logError(error: ErrorInfo): void {
  log('error', errorText(error), error.code);
}

export function clearLog(): void {
  useLog.setState({ entries: [] });
}
