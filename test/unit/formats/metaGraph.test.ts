import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { readMetaGraph, variableCollection, writeMetaGraph } from '../../../worker/formats/metaGraph.ts';
import { tensorflow } from '../../../worker/formats/proto/generated/messages.js';
import { sniff } from '../../../worker/formats/sniff.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../../shared.ts';
import { bytesOfFile } from './sharedFiles.ts';

describeShared('a MetaGraph', () => {
  const theirs = tensorflow.MetaGraphDef.decode(bytesOfFile(shared('cases/nets/small_mobilenet_v2/small_mobilenet_v2_train.meta')));
  const encoded = theirs.collectionDef.variables?.bytesList?.value ?? [];
  const variables = encoded.map((bytes) => {
    const def = tensorflow.VariableDef.decode(bytes);
    return {
      variable: def.variableName ?? '',
      initialValue: def.initialValueName ?? '',
      initializer: def.initializerName ?? '',
      snapshot: def.snapshotName ?? '',
      trainable: def.trainable ?? false,
      meanOfReplicas: def.synchronization === 3 && def.aggregation === 2,
    };
  });

  it('lists variables in the very bytes of TensorFlow', () => {
    expect(variables.length).toBeGreaterThan(50);
    const ours = variableCollection(variables);
    expect(ours.kind).toBe('bytes');
    expect((ours.kind === 'bytes' ? ours.values : []).map((bytes) => Buffer.from(bytes).toString('hex'))).toEqual(
      encoded.map((bytes) => Buffer.from(bytes).toString('hex')),
    );
  });

  it('is taken apart: graph, collections, saver, version', () => {
    const { graph, info } = readMetaGraph(bytesOfFile(shared('cases/nets/small_mobilenet_v2/small_mobilenet_v2_train.meta')));
    expect(graph).toEqual(theirs.graphDef);
    expect([...info.collections.keys()].sort()).toEqual(Object.keys(theirs.collectionDef).sort());
    expect(info.collections.get('variables')).toEqual({ kind: 'bytes', values: encoded.map((bytes) => new Uint8Array(bytes)) });
    expect(info.saver?.restore).toBe(theirs.saverDef?.restoreOpName);
    expect(info.tensorflowVersion).toBe(theirs.metaInfoDef?.tensorflowVersion);
  });

  it('holds graph, saver and collections; it is told as a MetaGraph, and its graph opens', () => {
    const saver = theirs.saverDef;
    const bytes = writeMetaGraph({
      graph: theirs.graphDef ?? new Uint8Array(0),
      collections: { variables: variableCollection(variables), update_ops: { kind: 'nodes', values: ['a', 'b'] } },
      ...(saver == null
        ? {}
        : { saver: { filename: saver.filenameTensorName ?? '', save: saver.saveTensorName ?? '', restore: saver.restoreOpName ?? '' } }),
    });
    expect(sniff(bytes)).toBe('metagraph');
    const ours = tensorflow.MetaGraphDef.decode(bytes);
    expect(ours.saverDef).toEqual(saver);
    expect(ours.collectionDef.variables).toEqual(theirs.collectionDef.variables);
    expect(ours.collectionDef.update_ops?.nodeList?.value).toEqual(['a', 'b']);
    expect(openGraph(ours.graphDef ?? new Uint8Array(0), 'graph of the .meta').nodes.length).toBeGreaterThan(500);
  });

  it('1,000 mutations end in a graph or a typed error', () => {
    const bytes = bytesOfFile(shared('cases/micro/bn_train_conv__train8/model.ckpt.meta'));
    fc.assert(
      fc.property(fc.noBias(fc.nat(bytes.length - 1)), fc.nat(12), fc.uint8Array({ maxLength: 4 }), (at, cut, extra) => {
        try {
          openGraph(joinBytes([bytes.subarray(0, at), extra, bytes.subarray(Math.min(bytes.length, at + cut))]), 'damaged.meta');
        } catch (error) {
          if (!(error instanceof GraffitistError)) throw error;
        }
      }),
      { numRuns: 1000, seed: 9 },
    );
  });
});
