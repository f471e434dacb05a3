import type { NodeDetail } from '../../worker/protocol.ts';
import { bytes, real, shape } from '../format/numbers.ts';
import { Fact } from './Summary.tsx';

export function Values({ detail }: { detail: NodeDetail }) {
  const { values } = detail;
  if (values === null)
    return <p className="inspector-hint muted">This node has no values of its own: they are computed when the graph runs.</p>;
  const elements = values.shape.reduce((product, dimension) => product * dimension, 1);
  return (
    <>
      <dl className="fact-list">
        <Fact name="Type">
          {values.dtype} · {shape(values.shape)} · {bytes(values.bytes)}
        </Fact>
        {values.min !== null && values.max !== null && (
          <Fact name="Range">
            {real(values.min)} … {real(values.max)}
          </Fact>
        )}
        {values.mean !== null && <Fact name="Mean">{real(values.mean)}</Fact>}
      </dl>
      {values.values.length > 0 && (
        <>
          <h3 className="part-title">
            {values.values.length < elements ? `First ${values.values.length} of ${elements.toLocaleString('en-US')}` : 'All values'}
          </h3>
          <ol className="values mono">
            {values.values.map((value, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a value is its position
              <li key={index}>{real(value, 4)}</li>
            ))}
          </ol>
        </>
      )}
    </>
  );
}
