import { appendFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import type { TrainingRecord, TrainingSetup, TrainingValidation } from '../worker/protocol.ts';

const FIXED = ['step', 'loss', 'regularization', 'weight_rate', 'threshold_rate', 'ms', 'score'];

/**
 * TRC9: every step of a run as a line of CSV: loss, rates, milliseconds, log2 t of every threshold; the score where a validation followed.
 * The line of a step is written when the next one is there, with what a validation in between has found.
 */
export class TrainLog {
  readonly #file: string;
  #held: TrainingRecord | null = null;
  /** The last step that has its line, or waits for it. */
  #last: number;

  private constructor(file: string, last: number) {
    this.#file = file;
    this.#last = last;
  }

  /** A new file, or of a run that goes on the lines before `step`, the one that is stored: its validation may be to come. */
  static async open(file: string, { thresholds }: TrainingSetup, step: number): Promise<TrainLog> {
    const head = [...FIXED, ...thresholds.map(({ variable }) => quoted(variable))].join(',');
    const before = step === 0 ? '' : await readFile(file, 'utf8').catch(() => '');
    const [, ...lines] = before.split('\n');
    const kept = lines.filter((line) => line !== '' && Number(line.split(',', 1)[0]) < step);
    await writeFile(file, `${[head, ...kept].join('\n')}\n`);
    return new TrainLog(file, Number(kept.at(-1)?.split(',', 1)[0] ?? 0));
  }

  take(records: readonly TrainingRecord[], validations: readonly TrainingValidation[]): void {
    for (const record of records) {
      if (record.step <= this.#last) continue;
      this.#write(validations);
      this.#held = record;
      this.#last = record.step;
    }
  }

  end(validations: readonly TrainingValidation[]): void {
    this.#write(validations);
    this.#held = null;
  }

  #write(validations: readonly TrainingValidation[]): void {
    const record = this.#held;
    if (record === null) return;
    const { step, loss, regularization, weightRate, thresholdRate, ms, thresholds } = record;
    const score = validations.find((validation) => validation.step === step)?.score ?? '';
    appendFileSync(this.#file, `${[step, loss, regularization, weightRate, thresholdRate, ms, score, ...thresholds].join(',')}\n`);
  }
}

function quoted(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
