import { attr, strings } from './attrs.ts';
import type { GraphWriter } from './graphNodes.ts';
import { variableShapes } from './network.ts';

/** Names by which TensorFlow's saver is driven; the metagraph's SaverDef repeats them. */
export const SAVER = { filename: 'save/Const:0', save: 'save/control_dependency:0', restore: 'save/restore_all' } as const;

/** The nodes of `tf.train.Saver`: save all variables to one file, and restore them from it. */
export function addSaver(writer: GraphWriter): void {
  const names = [...variableShapes().keys()].sort();
  const text = { dtype: attr.type('string') };
  const scalar = { ...text, shape: attr.shape([]) };
  const fallback = writer.constant('save/filename/input', strings(['model']));
  const file = writer.bare('save/filename', 'PlaceholderWithDefault', [fallback], scalar);
  const prefix = writer.bare('save/Const', 'PlaceholderWithDefault', [file], scalar);
  const lists = (op: string): string[] => [
    writer.constant(`save/${op}/tensor_names`, strings(names, [names.length])),
    writer.constant(
      `save/${op}/shape_and_slices`,
      strings(
        names.map(() => ''),
        [names.length],
      ),
    ),
  ];
  const dtypes = { dtypes: attr.types(names.map(() => 'float32')) };
  writer.bare('save/SaveV2', 'SaveV2', [prefix, ...lists('SaveV2'), ...names], dtypes);
  writer.node('save/control_dependency', 'Identity', [prefix, '^save/SaveV2'], {
    T: attr.type('string'),
    _class: attr.beside('save/Const'),
  });
  writer.bare('save/RestoreV2', 'RestoreV2', [prefix, ...lists('RestoreV2')], dtypes);
  const assigned = names.map((name, index) =>
    writer.node(
      index === 0 ? 'save/Assign' : `save/Assign_${index}`,
      'Assign',
      [name, index === 0 ? 'save/RestoreV2' : `save/RestoreV2:${index}`],
      {
        use_locking: attr.flag(true),
        validate_shape: attr.flag(true),
        _class: attr.beside(name),
      },
    ),
  );
  writer.bare(
    SAVER.restore,
    'NoOp',
    assigned.sort().map((name) => `^${name}`),
  );
}
