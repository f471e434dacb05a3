import type { DataRequest, SourceFile } from '../../worker/protocol.ts';
import type { LabelRequest } from '../state/data.ts';

const TABLE = /\.(csv|tsv)$/i;

/** A set that is validated on, labelled as the open one is; by a table only where one came with it. */
export function validationRequest(files: readonly SourceFile[], { labels, labelOffset }: LabelRequest): DataRequest {
  const table = files.find(({ name }) => TABLE.test(name));
  const rule = labels?.kind !== 'csv' ? labels : table === undefined ? undefined : ({ kind: 'csv', file: table.name } as const);
  return {
    files,
    ...(rule === undefined ? {} : { labels: rule }),
    ...(labelOffset === undefined ? {} : { labelOffset }),
  };
}
