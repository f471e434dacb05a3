import { GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import type { VariableSource } from './model.ts';

type VariableEntry = VariableSource['entries'] extends ReadonlyMap<string, infer Entry> ? Entry : never;

/** For graphs whose weights are all constants. */
export const noVariables: VariableSource = memoryVariables(new Map());

/** Variables whose values are at hand. */
export function memoryVariables(tensors: ReadonlyMap<string, Tensor>): VariableSource {
  return {
    entries: new Map([...tensors].map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    async read(name) {
      const tensor = tensors.get(name);
      if (tensor === undefined) throw missingVariable(name);
      return tensor;
    },
    parts: [{ kind: 'values', tensors }],
  };
}

/** Several sources as one; where two know a variable, the first is asked. */
export function layeredVariables(...sources: readonly VariableSource[]): VariableSource {
  const entries = new Map<string, VariableEntry>();
  const owners = new Map<string, VariableSource>();
  for (const source of sources) {
    for (const [name, entry] of source.entries) {
      if (owners.has(name)) continue;
      owners.set(name, source);
      entries.set(name, entry);
    }
  }
  return {
    entries,
    async read(name) {
      const owner = owners.get(name);
      if (owner === undefined) throw missingVariable(name);
      return owner.read(name);
    },
    parts: sources.flatMap(({ parts }) => parts),
  };
}

function missingVariable(name: string): GraffitistError {
  return new GraffitistError('variable-missing', `Variable '${name}' has no value.`, {
    about: name,
    remedy: 'Add the checkpoint that holds it.',
  });
}
