import type { NetworkSummary } from '../../worker/protocol.ts';
import { accuracyRows } from './accuracyRows.ts';
import { Fact } from './Summary.tsx';

/** The network that a document was recognised as; accuracies where it is the published one. */
export function NetworkFacts({ network }: { network: NetworkSummary }) {
  const { title, variant, preprocessing } = network;
  return (
    <>
      <h3 className="part-title">{title}</h3>
      <dl className="fact-list">
        {variant.length > 0 && <Fact name="Variant">{variant.join(' · ')}</Fact>}
        <Fact name="Images">{preprocessing.text}</Fact>
        {accuracyRows(network).map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </dl>
    </>
  );
}
