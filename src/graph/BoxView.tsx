import { ChevronDown, ChevronRight } from 'lucide-react';
import { memo } from 'react';
import type { Node, NodeProps } from 'reactflow';
import type { SceneNode } from '../../worker/protocol.ts';
import { bitsClass } from '../ui/Tag.tsx';
import { useCanvas } from './CanvasContext.ts';
import { describeBox, hintOf } from './describe.ts';
import { QuantizerTag, shareKey } from './QuantizerTag.tsx';
import { deviationText, tintClass } from './tint.ts';

/** What a box on the canvas needs to draw itself. */
export interface BoxData extends Record<string, unknown> {
  readonly node: SceneNode;
  /** Shape of what leaves it. */
  readonly label: string | undefined;
  readonly selected: boolean;
  /** Shared thresholds to ring, where this box shows one of them; else the same empty set. */
  readonly marked: ReadonlySet<string>;
  readonly error: string | undefined;
  /** Bins that the threshold of it that moved furthest went; 0: none did. */
  readonly deviation: number;
}

export type BoxNode = Node<BoxData, 'box'>;

/** Boxes up to this height have one line of text. */
const ONE_LINE = 32;

/** A box of the graph: layer, small operation, pill or group, with its tag and shape under it. */
export const BoxView = memo(function BoxView({ data }: NodeProps<BoxNode>) {
  const { node, label, selected, marked, error, deviation } = data;
  const bits = node.bits === null ? 'bf' : bitsClass(node.bits.bits, node.bits.signed);
  const states = [
    `graph-box ${node.kind} ${bits}`,
    node.open ? 'open' : '',
    node.count > 1 && !node.open ? 'stack' : '',
    selected ? 'selected' : '',
    node.leftFloat === null ? '' : 'left-float',
    node.chips.length === 0 ? '' : 'with-chips',
    deviation === 0 || node.open ? '' : `tinted ${tintClass(deviation)}`,
    node.kind !== 'layer' && node.height > ONE_LINE && node.subtitle !== '' ? 'two-lines' : '',
  ];
  return (
    <article
      className={states.filter(Boolean).join(' ')}
      aria-label={describeBox(node, label, deviation)}
      title={error === undefined ? hintOf(node) : `${error}\n${hintOf(node)}`}
    >
      {node.kind === 'group' ? <GroupHead node={node} /> : <BoxText node={node} error={error} />}
      {node.chips.length > 0 && (
        <div className="chips">
          {node.chips.map((chip) =>
            chip.tag === null ? (
              <span key={chip.text} className="tag graph-tag">
                {chip.text}
              </span>
            ) : (
              <QuantizerTag
                key={chip.text}
                tag={chip.tag}
                text={chip.text}
                box={node.id}
                marked={marked.has(shareKey(chip.tag))}
                wire={false}
              />
            ),
          )}
        </div>
      )}
      {node.changed && <i className="changed-dot" />}
      {deviation !== 0 && !node.open && (
        <span className="deviation" aria-hidden>
          {deviationText(deviation)}
        </span>
      )}
      {!node.open && (node.tag !== null || label !== undefined) && (
        <div className={`under${node.tag === null ? '' : ' tagged'}`}>
          {node.tag !== null && <QuantizerTag tag={node.tag} box={node.id} marked={marked.has(shareKey(node.tag))} wire />}
          {label !== undefined && <span className="shape">{label}</span>}
        </div>
      )}
    </article>
  );
});

function BoxText({ node, error }: { node: SceneNode; error: string | undefined }) {
  const facts = error === undefined ? node.subtitle : error;
  return (
    <>
      <b className="title">{node.title}</b>
      {facts !== '' && <span className={error === undefined ? 'facts' : 'facts error-mark'}>{facts}</span>}
    </>
  );
}

function GroupHead({ node }: { node: SceneNode }) {
  const { toggle } = useCanvas();
  return (
    <>
      <div className="head">
        <button
          type="button"
          className="chevron nopan"
          tabIndex={-1}
          aria-label={`${node.open ? 'Close' : 'Open'} ${node.title}`}
          onClick={(event) => {
            event.stopPropagation();
            toggle(node.id);
          }}
        >
          {node.open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
        </button>
        <b className="title">{node.title}</b>
        {node.open && <span className="facts">{node.subtitle}</span>}
      </div>
      {!node.open && <span className="facts">{node.subtitle}</span>}
      {!node.open && node.bits !== null && <i className="bits-bar" />}
    </>
  );
}
