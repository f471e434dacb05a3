import { Tabs } from 'radix-ui';
import { useMemo } from 'react';
import type { NodeDetail, QuantizerRow, SceneNode } from '../../worker/protocol.ts';
import { count } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { membersOf, useSelection } from '../state/selection.ts';
import { type InspectorTab, setView, useView } from '../state/view.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { BitsTag } from '../ui/Tag.tsx';
import { DocumentOverview } from './DocumentOverview.tsx';
import { QuantizerPanel } from './QuantizerPanel.tsx';
import { Fact, QuantizerList, Summary } from './Summary.tsx';
import { useNodeDetail } from './useNodeDetail.ts';
import { Values } from './Values.tsx';
import { Why } from './Why.tsx';

/** What is selected, in four readings; with nothing selected, the document and the result of its last run. */
export function Inspector() {
  const inspected = useNodeDetail();
  const group = useSelection((state) => (state.box?.kind === 'group' ? state.box : null));
  return (
    <aside className="inspector" aria-label="Inspector">
      {inspected.kind === 'nothing' && (group === null ? <DocumentOverview /> : <GroupPanel group={group} />)}
      {inspected.kind === 'loading' && <p className="inspector-hint muted">Reading {inspected.node}…</p>}
      {inspected.kind === 'error' && (
        <div className="inset">
          <ErrorNote error={inspected.error} />
        </div>
      )}
      {inspected.kind === 'node' && <NodePanel detail={inspected.detail} />}
    </aside>
  );
}

const TABS: readonly (readonly [InspectorTab, string])[] = [
  ['summary', 'Summary'],
  ['values', 'Values'],
  ['histogram', 'Histogram'],
  ['why', 'Why'],
];

/** A scope of the graph: what it holds. */
function GroupPanel({ group }: { group: SceneNode }) {
  const rows = useRun((state) => state.quantizers?.rows);
  const nodes = new Set(group.members);
  const quantizers = (rows ?? []).filter((row) => nodes.has(row.node));
  return (
    <>
      <header className="inspector-head">
        <h2 className="clip">{group.title}</h2>
      </header>
      <p className="inspector-path mono muted">{group.path}</p>
      <div className="tab-body">
        <dl className="fact-list">
          <Fact name="Holds">{group.subtitle}</Fact>
          <Fact name="Nodes">{count(group.members.length)}</Fact>
          {group.count > 1 && <Fact name="Alike">×{group.count}</Fact>}
        </dl>
        <QuantizerList quantizers={quantizers} />
      </div>
    </>
  );
}

/** Quantizers on the node itself and, in Layers, on every node of its box; in the order of the graph. */
function quantizersOf(rows: readonly QuantizerRow[], detail: NodeDetail, members: readonly string[]): QuantizerRow[] {
  const names = new Set(detail.quantizers);
  const nodes = new Set(members);
  return rows.filter((row) => names.has(row.name) || nodes.has(row.source) || nodes.has(row.node));
}

function NodePanel({ detail }: { detail: NodeDetail }) {
  const tab = useView((state) => state.inspectorTab);
  const selected = useSelection((state) => state.quantizer);
  const rows = useRun((state) => state.quantizers);
  const members = useSelection((state) => membersOf(state.box));
  const quantizers = useMemo(() => quantizersOf(rows?.rows ?? [], detail, members), [rows, detail, members]);
  const shown = rows?.rows.find((row) => row.name === selected) ?? quantizers.at(-1) ?? null;
  const title = detail.name.slice(detail.name.lastIndexOf('/') + 1);
  return (
    <>
      <header className="inspector-head">
        <h2 className="clip" title={detail.name}>
          {title}
        </h2>
        {shown !== null && <BitsTag bits={shown.bits} signed={shown.signed} exponent={shown.exponent} />}
      </header>
      <p className="inspector-path mono muted">{detail.name}</p>
      <Tabs.Root className="inspector-tabs" value={tab} onValueChange={(next) => setView({ inspectorTab: next as InspectorTab })}>
        <Tabs.List className="tabs" aria-label="Inspector">
          {TABS.map(([id, words]) => (
            <Tabs.Trigger key={id} value={id} className="tab">
              {words}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="summary" className="tab-body" tabIndex={-1}>
          <Summary detail={detail} quantizers={quantizers} />
        </Tabs.Content>
        <Tabs.Content value="values" className="tab-body" tabIndex={-1}>
          <Values detail={detail} />
        </Tabs.Content>
        <Tabs.Content value="histogram" className="tab-body" tabIndex={-1}>
          {shown === null ? (
            <p className="inspector-hint muted">No quantizer sits on this node.</p>
          ) : (
            <QuantizerPanel row={shown} others={quantizers} />
          )}
        </Tabs.Content>
        <Tabs.Content value="why" className="tab-body" tabIndex={-1}>
          <Why detail={detail} />
        </Tabs.Content>
      </Tabs.Root>
    </>
  );
}
