import { describe, expect, it } from 'vitest';
import { withoutSavers } from '../../../worker/export/withoutSavers.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { variableCollection, writeMetaGraph } from '../../../worker/formats/metaGraph.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes, openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { saverNodes } from '../../../worker/graph/saver.ts';
import { line, lines } from '../transforms/build.ts';

const FLOAT = { kind: 'type', value: 'float32' } as const;
const variable = (name: string, op = 'VariableV2') =>
  GraphNode.make({ name, op, attrs: { dtype: FLOAT, shape: { kind: 'shape', value: [] } } });
const nodes = [
  variable('net/b'),
  variable('net/a', 'VarHandleOp'),
  GraphNode.make({ name: 'net/a/Read/ReadVariableOp', op: 'ReadVariableOp', inputs: ['net/a'], attrs: { dtype: FLOAT } }),
];

/** As `tf.train.import_meta_graph` of TensorFlow 1.14 makes it for these variables. */
const SAVER = [
  'save/SaveV2 SaveV2 save/Const save/SaveV2/tensor_names save/SaveV2/shape_and_slices net/a/Read/ReadVariableOp net/b',
  'save/control_dependency Identity save/Const ^save/SaveV2',
  'save/Identity Identity save/RestoreV2',
  'save/AssignVariableOp AssignVariableOp net/a save/Identity',
  'save/Assign Assign net/b save/RestoreV2:1',
];

function saver(taken: (name: string) => boolean = () => false) {
  return saverNodes(nodes.slice(0, 2), 'save', ({ name }) => `${name}/Read/ReadVariableOp`, taken);
}

describe('savers', () => {
  it('save variables in the order of their names and restore them, resources through a copy', () => {
    const found = lines(new Graph([...nodes, ...saver().nodes.map((spec) => GraphNode.make(spec))]));
    expect(found).toEqual(expect.arrayContaining(SAVER));
    expect(saver().info).toEqual({ filename: 'save/Const:0', save: 'save/control_dependency:0', restore: 'save/restore_all' });
  });

  it('take other names where a saver stands already', () => {
    const first = new Set(saver().nodes.map(({ name }) => name));
    expect(saver((name) => first.has(name)).info).toEqual({
      filename: 'save/Const_1:0',
      save: 'save/control_dependency_1:0',
      restore: 'save/restore_all_1',
    });
  });

  it('are added to an opened MetaGraph that names none and lists variables', () => {
    const infos = ['net/a', 'net/b'].map((name) => ({
      variable: `${name}:0`,
      initialValue: '',
      initializer: '',
      snapshot: `${name}/Read/ReadVariableOp:0`,
      trainable: true,
      isResource: name === 'net/a',
    }));
    const file = (collections: Parameters<typeof writeMetaGraph>[0]['collections'], own?: ReturnType<typeof saver>['info']) =>
      openGraphBytes(writeMetaGraph({ graph: joinBytes(graphBytes(new Graph(nodes))), collections, ...(own && { saver: own }) }), 'x.meta')
        .graph;
    const variables = variableCollection(infos);
    expect(lines(file({ variables }))).toEqual(expect.arrayContaining(SAVER));
    expect(file({}).nodes).toHaveLength(3);
    expect(file({ variables }, saver().info).nodes).toHaveLength(3);
  });

  it('EXP8 go with the scope that they stand in, unless something else waits for them', () => {
    const whole = new Graph([...nodes, ...saver().nodes.map((spec) => GraphNode.make(spec))]);
    expect(lines(withoutSavers(whole))).toEqual(lines(new Graph(nodes)));
    const waiting = new Graph([...whole.nodes, GraphNode.make({ name: 'done', op: 'NoOp', controls: ['save/restore_all'] })]);
    expect(line(withoutSavers(waiting), 'save/restore_all')).toContain('NoOp');
  });
});
