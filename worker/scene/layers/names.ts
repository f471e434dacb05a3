import { lastSegment, parentScope } from '../../graph/scopes.ts';
import type { Part } from './partition.ts';

/** What a part is called and which scope groups it. */
export interface PartName {
  readonly title: string;
  readonly path: string;
  readonly scope: string;
}

/** Last segments that only repeat the op: the scope before them is the layer's name. */
const GENERIC =
  /^(conv2d|convolution|conv|depthwise|depthwise_conv2d|separable_conv2d|conv2d_transpose|matmul|xw_plus_b|tensordot|einsum)(_fold)?(_\d+)?(_fold)?$/i;

/**
 * LAY2: a layer is called by the last segment of its path that says more than its op: `…/Conv2d_3_pointwise/Conv2D` is
 * `Conv2d_3_pointwise`. Where one scope holds several layers, they keep their own names and the scope groups them.
 */
export function nameLayers(parts: readonly Part[]): ReadonlyMap<Part, PartName> {
  const layers = parts.filter(({ kind }) => kind === 'layer');
  const scopes = new Map<string, number>();
  for (const { anchor } of layers) {
    const scope = parentScope(anchor.name);
    scopes.set(scope, (scopes.get(scope) ?? 0) + 1);
  }
  return new Map(
    layers.map((part) => {
      const { name, op } = part.anchor;
      const scope = parentScope(name);
      const last = lastSegment(name);
      const generic = GENERIC.test(last) || last.toLowerCase().startsWith(op.toLowerCase());
      const path = generic && scope !== '' && scopes.get(scope) === 1 ? scope : name;
      return [part, { title: lastSegment(path), path, scope: parentScope(path) }];
    }),
  );
}
