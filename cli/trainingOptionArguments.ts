import type { Command } from 'commander';
import { GraffitistError } from '../worker/errors.ts';
import type { TrainingOptions } from '../worker/protocol.ts';
import { trainingOptions, trainingOptionsSchema } from '../worker/train/options.ts';

type OptionName = keyof TrainingOptions;
const NAMES = Object.keys(trainingOptionsSchema.shape) as OptionName[];

/** `weightDecaySteps` is `--weight_decay_steps`. */
function argumentName(name: OptionName): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Adds every option of a training run to a command, with the schema's words; a preset decides those that are not given. */
export function withTrainingArguments(command: Command): Command {
  const defaults = trainingOptions();
  for (const name of NAMES) {
    const said = defaults[name] === null ? '' : ` (published: ${defaults[name]})`;
    command.option(`--${argumentName(name)} <value>`, `${trainingOptionsSchema.shape[name].description ?? ''}${said}`);
  }
  return command;
}

/** What the arguments say of a run. @throws GraffitistError `option-invalid` naming the argument */
export function trainingArguments(given: Readonly<Record<string, unknown>>): Partial<TrainingOptions> {
  const values = NAMES.flatMap((name): [OptionName, unknown][] => {
    const text = given[argumentName(name)];
    return typeof text === 'string' ? [[name, readValue(text)]] : [];
  });
  try {
    const parsed = trainingOptions(Object.fromEntries(values));
    return Object.fromEntries(values.map(([name]) => [name, parsed[name]]));
  } catch (error) {
    if (!(error instanceof GraffitistError) || error.about === undefined) throw error;
    throw new GraffitistError(error.code, error.message, {
      about: `--${argumentName(error.about as OptionName)}`,
      remedy: 'graffitize train -h says what it takes.',
    });
  }
}

function readValue(text: string): unknown {
  if (text === 'true' || text === 'True') return true;
  if (text === 'false' || text === 'False') return false;
  if (text === 'null' || text === 'None') return null;
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : text;
}
