import { renderToStaticMarkup } from 'react-dom/server';
import type { NodeProps } from 'reactflow';
import { describe, expect, it } from 'vitest';
import { type BoxData, type BoxNode, BoxView } from '../../../src/graph/BoxView.tsx';
import type { SceneNode } from '../../../worker/protocol.ts';
import { box, tag } from './scenes.ts';

function draw(node: SceneNode, more: Partial<BoxData> = {}): string {
  const data: BoxData = { node, label: undefined, selected: false, marked: new Set<string>(), error: undefined, deviation: 0, ...more };
  return renderToStaticMarkup(<BoxView {...({ data } as unknown as NodeProps<BoxNode>)} />);
}

describe('a box', () => {
  it('names its bits in text and colour, on chips and on its wire', () => {
    const html = draw(
      box('conv', 0, 0, {
        subtitle: 'Conv2D 3×3 s1 · 8→8',
        chips: [
          { text: 'W int8 2⁻⁵', tag: tag('w') },
          { text: 'ReLU6', tag: null },
        ],
        tag: { ...tag('act'), signed: false },
        bits: { bits: 8, signed: false },
      }),
      { label: '16×16×8' },
    );
    expect(html).toContain('class="graph-box layer b8u with-chips"');
    expect(html).toContain('class="tag b8 graph-tag"');
    expect(html).toMatch(/uint8<span class="scale"> 2⁻⁵<\/span>/);
    expect(html).toContain('ReLU6');
    expect(html).toContain('16×16×8');
    expect(html).toContain('aria-label="conv, layer, Conv2D 3×3 s1 · 8→8, W int8 2⁻⁵, ReLU6, output uint8, shape 16×16×8"');
  });

  it('TPG3: is tinted by the bins that its threshold moved, and says them', () => {
    const html = draw(box('conv', 0, 0), { deviation: -2 });
    expect(html).toMatch(/class="graph-box layer \S+ tinted tint-down-2"/);
    expect(html).toContain('threshold moved −2 for precision');
    expect(html).toMatch(/<span class="deviation" aria-hidden="true">−2<\/span>/);
    expect(draw(box('conv', 0, 0), { deviation: 5 })).toContain('tint-up-3');
    expect(draw(box('conv', 0, 0))).not.toContain('tinted');
  });

  it('shows its states', () => {
    expect(draw(box('a', 0, 0), { selected: true })).toContain('selected');
    expect(draw(box('a', 0, 0, { changed: true }))).toContain('changed-dot');
    const floating = draw(box('a', 0, 0, { leftFloat: 'no bias is added' }));
    expect(floating).toContain('left-float');
    expect(floating).toContain('Left in float: no bias is added.');
    expect(draw(box('a', 0, 0, { subtitle: 'Conv2D' }), { error: 'shapes do not fit' })).toContain('error-mark">shapes do not fit');
    expect(draw(box('a', 0, 0, { tag: tag('q', 'sum') }), { marked: new Set(['sum']) })).toContain('marked');
    expect(draw(box('a', 0, 0, { tag: tag('q', 'sum') }), { marked: new Set(['other']) })).not.toContain('marked');
  });

  it('says that a threshold is not loaded instead of giving a scale', () => {
    const html = draw(box('a', 0, 0, { tag: { ...tag('q'), exponent: null } }));
    expect(html).toContain('Threshold not loaded');
    expect(html).not.toContain('2⁰');
  });

  it('is a group with a count, open or closed', () => {
    const group = box('group:u', 0, 0, { kind: 'group', title: 'unit_2 … unit_5', subtitle: '×4 · 3 layers', count: 4 });
    expect(draw(group)).toContain('aria-label="Open unit_2 … unit_5"');
    expect(draw(group)).toContain('stack');
    expect(draw({ ...group, open: true })).toContain('aria-label="Close unit_2 … unit_5"');
  });

  it('sets no style as a string: the policy forbids it', () => {
    expect(draw(box('a', 0, 0, { tag: tag('q') }))).not.toContain('style=');
  });
});
