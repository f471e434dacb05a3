import { GraffitistError } from '../errors.ts';
import { importOrder } from '../graph/importOrder.ts';
import { shapeOfInput } from '../graph/inputShapes.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, Transform } from './transform.ts';

const PLACEHOLDERS: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderWithDefault']);

/** A resize to a given size: its cached shape is the only place where some exporters keep that size. */
const KEEPS_CACHED_SHAPE = 'ResizeNearestNeighbor';

/** Gives every listed input the shape [?, H, W, C] and has all shapes behind it inferred anew. */
export const fixInputShape: Transform = {
  name: 'fix_input_shape',
  summary: 'Give the inputs a fixed shape, with any number of images.',
  options: {},
  after: [],
  notAfter: [],
  apply(model) {
    const rewrite = new Rewrite(model.graph);
    const changes: Change[] = [];
    for (const name of model.inputs) {
      const input = model.graph.find(name);
      if (input === undefined || !PLACEHOLDERS.has(input.op)) throw notAPlaceholder(name, input?.op);
      const shape = shapeOfInput(model, name);
      rewrite.replace(input.with({ attrs: { shape: { kind: 'shape', value: [-1, ...shape] } } }));
      changes.push({ rule: 'FIX1', summary: `Input ${name} has shape [?, ${shape.join(', ')}]`, before: [name], after: [name] });
    }
    for (const node of model.graph.nodes) {
      if (!node.attrs.has('_output_shapes') || node.op === KEEPS_CACHED_SHAPE) continue;
      rewrite.replace((rewrite.find(node.name) ?? node).with({ attrs: { _output_shapes: undefined } }));
    }
    return { model: { ...model, graph: importOrder(rewrite.finish()) }, changes, skipped: [], warnings: [] };
  },
};

function notAPlaceholder(name: string, op: string | undefined): GraffitistError {
  return new GraffitistError(
    'interface-invalid',
    op === undefined ? `There is no node '${name}'.` : `Input '${name}' is a ${op}, not a placeholder.`,
    {
      about: name,
      remedy: 'List a Placeholder as input, or cut the graph there first with strip_unused_nodes.',
    },
  );
}
