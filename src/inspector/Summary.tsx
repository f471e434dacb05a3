import type { NodeDetail, QuantizerRow } from '../../worker/protocol.ts';
import { shape } from '../format/numbers.ts';
import { showNode, useSelection } from '../state/selection.ts';
import { setView } from '../state/view.ts';
import { PathText } from '../ui/PathText.tsx';
import { BitsTag } from '../ui/Tag.tsx';

/** Users beyond this many are counted, not listed. */
const LISTED_USERS = 6;

export function Summary({ detail, quantizers }: { detail: NodeDetail; quantizers: readonly QuantizerRow[] }) {
  const users = [...new Set(detail.outputs.flatMap((output) => output.users))];
  return (
    <>
      <dl className="fact-list">
        <dt>Op</dt>
        <dd>{detail.op}</dd>
        {detail.outputs.map((output, port) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: an output is its port number
          <Fact key={port} name={detail.outputs.length === 1 ? 'Output' : `Output ${port}`}>
            {shape(output.shape)}
          </Fact>
        ))}
        {detail.device !== '' && <Fact name="Device">{detail.device}</Fact>}
      </dl>
      <QuantizerList quantizers={quantizers} />
      {detail.inputs.length > 0 && (
        <Part title="Inputs">
          {detail.inputs.map((input, slot) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an input is its slot
            <NodeRow key={slot} name={input.name} fact={shape(input.shape)} />
          ))}
        </Part>
      )}
      {detail.controls.length > 0 && (
        <Part title="Control inputs">
          {detail.controls.map((name) => (
            <NodeRow key={name} name={name} fact="" />
          ))}
        </Part>
      )}
      {users.length > 0 && (
        <Part title="Read by">
          {users.slice(0, LISTED_USERS).map((name) => (
            <NodeRow key={name} name={name} fact="" />
          ))}
          {users.length > LISTED_USERS && <li className="part-more muted">and {users.length - LISTED_USERS} more</li>}
        </Part>
      )}
      {detail.attributes.length > 0 && (
        <>
          <h3 className="part-title">Attributes</h3>
          <dl className="fact-list">
            {detail.attributes.map((attribute) => (
              <Fact key={attribute.name} name={attribute.name} mono>
                {attribute.value}
              </Fact>
            ))}
          </dl>
        </>
      )}
    </>
  );
}

/** Quantizers with their scale; one leads to its histogram. */
export function QuantizerList({ quantizers }: { quantizers: readonly QuantizerRow[] }) {
  if (quantizers.length === 0) return null;
  return (
    <Part title="Quantizers">
      {quantizers.map((row) => (
        <li key={row.name}>
          <button
            type="button"
            className="part-row"
            title={row.name}
            onClick={() => {
              useSelection.setState((state) => ({ quantizer: row.name, node: state.node ?? row.source }));
              setView({ inspectorTab: 'histogram' });
            }}
          >
            <BitsTag bits={row.bits} signed={row.signed} exponent={row.exponent} />
            <PathText>{row.name}</PathText>
          </button>
        </li>
      ))}
    </Part>
  );
}

export function Fact({ name, mono = false, children }: { name: string; mono?: boolean; children: React.ReactNode }) {
  return (
    <>
      <dt title={name}>{name}</dt>
      <dd className={mono ? 'mono' : undefined}>{children}</dd>
    </>
  );
}

export function Part({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className="part">
      <h3 className="part-title">{title}</h3>
      <ul>{children}</ul>
    </section>
  );
}

function NodeRow({ name, fact }: { name: string; fact: string }) {
  return (
    <li>
      <button type="button" className="part-row" title={name} onClick={() => showNode(name.replace(/:\d+$/, ''))}>
        <PathText>{name}</PathText>
        <span className="muted">{fact}</span>
      </button>
    </li>
  );
}
