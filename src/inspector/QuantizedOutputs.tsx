import { useRun } from '../state/run.ts';
import { showNode } from '../state/selection.ts';
import { NodeLink } from '../ui/NearestPattern.tsx';

/** QNT58: outputs that deliver what came before their quantizer, and the quantized values that are compared and exported instead. */
export function QuantizedOutputs() {
  const outputs = useRun(({ ran }) => ran?.report.steps.find((step) => step.quantizedOutputs !== undefined)?.quantizedOutputs);
  const pairs = Object.entries(outputs ?? {});
  if (pairs.length === 0) return null;
  return (
    <div className="quantized-outputs">
      <h3 className="part-title">Outputs that their quantizer stands behind</h3>
      <ul>
        {pairs.map(([output, quantized]) => (
          <li key={output}>
            <NodeLink name={output} onOpen={showNode} />
            <span className="nearest-arrow"> → </span>
            <NodeLink name={quantized} onOpen={showNode} />
          </li>
        ))}
      </ul>
      <p className="muted">By its name an output delivers the value before that; compared is the quantized one.</p>
    </div>
  );
}
