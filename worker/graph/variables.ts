import { GraffitistError } from '../errors.ts';
import type { Tensor } from '../formats/tensor.ts';
import type { GraphNode } from './graph.ts';
import type { Model, VariableSource } from './model.ts';

type VariableEntry = VariableSource['entries'] extends ReadonlyMap<string, infer Entry> ? Entry : never;

/** Name under which a checkpoint holds a variable. */
export function variableName(node: GraphNode): string {
  const shared = node.op === 'VarHandleOp' ? node.attr('shared_name') : undefined;
  return shared?.kind === 'string' && shared.value !== '' ? shared.value : node.name;
}

export function isVariable({ op }: GraphNode): boolean {
  return op === 'VariableV2' || op === 'Variable' || op === 'VarHandleOp';
}

/** Values of all variables of a model's graph, by variable name. @throws GraffitistError `variable-missing` naming the first without value */
export async function readVariables({ graph, variables }: Pick<Model, 'graph' | 'variables'>): Promise<ReadonlyMap<string, Tensor>> {
  const values = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    if (isVariable(node)) values.set(variableName(node), await variables.read(variableName(node)));
  }
  return values;
}

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

/** A model whose graph has variables of new values: they go before those that it had. */
export function withValues(model: Model, values: ReadonlyMap<string, Tensor>): Model {
  if (values.size === 0) return model;
  return {
    ...model,
    variables: layeredVariables(memoryVariables(values), model.variables),
    changedVariables: new Set([...(model.changedVariables ?? []), ...values.keys()]),
  };
}

function missingVariable(name: string): GraffitistError {
  return new GraffitistError('variable-missing', `Variable '${name}' has no value.`, {
    about: name,
    remedy: 'Add the checkpoint that holds it.',
  });
}
