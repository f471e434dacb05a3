import type { Tensor } from '../formats/tensor.ts';
import type { GraphNode } from './graph.ts';

/** The constant that takes a variable's place and name. */
export function frozenVariable(variable: GraphNode, value: Tensor): GraphNode {
  // Of a handle these are the handle's, not those of the value.
  const shapes = variable.op === 'VarHandleOp' ? undefined : variable.attr('_output_shapes');
  const bare = Object.fromEntries([...variable.attrs.keys()].map((name) => [name, undefined]));
  return variable.with({
    op: 'Const',
    inputs: [],
    controls: [],
    attrs: {
      ...bare,
      ...(shapes === undefined ? {} : { _output_shapes: shapes }),
      dtype: { kind: 'type', value: value.dtype },
      value: { kind: 'tensor', value },
    },
  });
}

/** A read of a resource variable, once that is a constant. */
export function frozenRead(read: GraphNode): GraphNode {
  return read.with({ op: 'Identity', attrs: { dtype: undefined, T: read.attr('dtype') } });
}
