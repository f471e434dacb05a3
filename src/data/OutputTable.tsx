import type { OutputAgreement } from '../../worker/protocol.ts';
import { decibels, fixed, real } from '../format/numbers.ts';
import { PathText } from '../ui/PathText.tsx';

/** How near the second network's outputs come to the first one's: what there is to say of detectors. */
export function OutputTable({ outputs }: { outputs: readonly OutputAgreement[] }) {
  return (
    <table className="plain-table data-outputs">
      <thead>
        <tr>
          <th scope="col">Output</th>
          <th scope="col" className="right">
            SQNR
          </th>
          <th scope="col" className="right">
            Cosine
          </th>
          <th scope="col" className="right">
            Largest difference
          </th>
        </tr>
      </thead>
      <tbody>
        {outputs.map(({ output, sqnrDb, cosine, largestDifference }) => (
          <tr key={output}>
            <th scope="row" title={output}>
              <PathText>{output}</PathText>
            </th>
            <td className="right">{Number.isNaN(sqnrDb) ? '' : decibels(sqnrDb)}</td>
            <td className="right">{Number.isNaN(cosine) ? '' : fixed(cosine, 4)}</td>
            <td className="right">{Number.isNaN(largestDifference) ? '' : real(largestDifference)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
