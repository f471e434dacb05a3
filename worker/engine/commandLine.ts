import { GraffitistError } from '../errors.ts';
import type { PipelineStep, RunRequest } from '../protocol.ts';
import { parseExpression, printExpression } from '../transforms/expression.ts';
import { quoteWord, splitWords } from './shellWords.ts';

/** The original's arguments that describe a run (facts 2.1), as read from a terminal or from pasted text. */
export interface RunArguments {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Once for all inputs, or once per input. */
  readonly input_shape: readonly string[];
  readonly transforms: readonly string[];
}

/** @throws GraffitistError `interface-invalid`, `transform-unknown`, `option-unknown`, `option-invalid` */
export function requestFromArguments(args: RunArguments): RunRequest {
  for (const name of [...args.inputs, ...args.outputs]) {
    if (!name.includes(':')) continue;
    throw new GraffitistError('interface-invalid', `Name '${name}' appears to refer to a Tensor, not a Operation.`, {
      about: name,
      remedy: `Write '${name.split(':')[0]}'.`,
    });
  }
  const steps = args.transforms.map((text, index): PipelineStep => ({ id: `${index + 1}`, ...parseExpression(text), bypassed: false }));
  return { interface: { inputs: args.inputs, outputs: args.outputs, ...parseShapes(args.input_shape, args.inputs) }, steps };
}

/** Shapes as the command line gives them: one for all inputs, or one per input in their order. */
function parseShapes(texts: readonly string[], inputs: readonly string[]): Pick<RunRequest['interface'], 'shape' | 'shapes'> {
  const [first = [], ...others] = texts.map(parseShape);
  if (others.length === 0) return { shape: first };
  if (texts.length === inputs.length) {
    return { shape: first, shapes: Object.fromEntries(inputs.map((name, k) => [name, [first, ...others][k] ?? first])) };
  }
  throw new GraffitistError('interface-invalid', `${texts.length} input shapes are given for ${inputs.length} inputs.`, {
    about: '--input_shape',
    remedy: 'Give one shape for all inputs, or one per input in the order of --inputs.',
  });
}

/** "224,224,3" → [224, 224, 3]; the batch dimension is not written. */
export function parseShape(text: string): number[] {
  const dims = text.split(',').map((dim) => Number(dim.trim()));
  if (text.trim() !== '' && dims.every((dim) => Number.isInteger(dim) && dim > 0 && dim < 2 ** 31)) return dims;
  throw new GraffitistError('interface-invalid', `'${text}' is not an input shape.`, {
    about: '--input_shape',
    remedy: 'Write the dimensions after the batch, for example 224,224,3.',
  });
}

/** A run as a `graffitize` command line that gives the same bytes. */
export function printCommandLine(request: RunRequest, files: { readonly inGraph: string; readonly outGraph: string }): string {
  const active = request.steps.filter((step) => !step.bypassed);
  const words = [
    ['graffitize', '--in_graph', files.inGraph],
    ['--out_graph', files.outGraph],
    ['--inputs', ...request.interface.inputs],
    ['--outputs', ...request.interface.outputs],
    ['--input_shape', ...shapeWords(request.interface)],
    ...(active.length === 0 ? [] : [['--transforms', ...active.map((step) => printExpression(step.transform, step.options))]]),
  ];
  return words.map((line) => line.map(quoteWord).join(' ')).join(' \\\n    ');
}

function shapeWords({ inputs, shape, shapes }: RunRequest['interface']): string[] {
  const one = (shape ?? []).join(',');
  return shapes === undefined ? [one] : inputs.map((name) => shapes[name]?.join(',') ?? one);
}

/** Reads such a command line back, and the original's own (`python …/graffitize.pyc …`). */
export function parseCommandLine(text: string): RunRequest {
  const given = new Map<string, string[]>();
  let values: string[] | null = null;
  for (const word of splitWords(text)) {
    if (word.startsWith('--')) {
      const [name = '', inline] = word.slice(2).split(/=(.*)/s);
      values = inline === undefined ? [] : [inline];
      given.set(name, values);
    } else {
      values?.push(word);
    }
  }
  const list = (name: string): string[] => {
    const found = given.get(name);
    if (found === undefined || found.length === 0) {
      throw new GraffitistError('option-invalid', `The command line has no --${name}.`, {
        about: 'command line',
        remedy: 'Paste a whole graffitize command line.',
      });
    }
    return found;
  };
  return requestFromArguments({
    inputs: list('inputs'),
    outputs: list('outputs'),
    input_shape: list('input_shape'),
    transforms: given.get('transforms') ?? [],
  });
}
