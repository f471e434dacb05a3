/** The scope that most names lie in, with its slash, as long as at least two thirds of them share it. */
export function commonScope(names: readonly string[]): string {
  let scope = '';
  for (;;) {
    const next = new Map<string, number>();
    for (const name of names) {
      const end = name.startsWith(scope) ? name.indexOf('/', scope.length) : -1;
      if (end >= 0) next.set(name.slice(0, end + 1), (next.get(name.slice(0, end + 1)) ?? 0) + 1);
    }
    const [best] = [...next].sort((a, b) => b[1] - a[1]);
    if (best === undefined || 3 * best[1] < 2 * names.length || names.length < 2) return scope;
    scope = best[0];
  }
}

/** A name in two parts: where there is no room for both, the end of the first is cut, which is the middle of the whole. */
export type ShortName = readonly [start: string, end: string];

/**
 * `Conv2d_1_depthwise · weight` of `net/net/Conv2d_1_depthwise/Mul_fold_weight_quant`: what tells a quantizer apart, behind what it has of
 * the scope that most names share.
 */
export function shortName(name: string, scope: string): ShortName {
  const rest = withoutScope(name, scope);
  const end = rest.lastIndexOf('/');
  const kind = /(?:^|[/_])([a-z]+)_quant(?:_\d+)?$/.exec(rest)?.[1];
  if (end < 0 || kind === undefined) return parted(rest, '');
  return parted(rest.slice(0, end), ` · ${kind}`);
}

/** A name without the scopes that it shares with the others. */
function withoutScope(name: string, scope: string): string {
  let shared = 0;
  for (let end = scope.indexOf('/') + 1; end > 0 && name.startsWith(scope.slice(0, end)); end = scope.indexOf('/', end) + 1) shared = end;
  return name.slice(shared);
}

/** The last scope of a path goes with the end. */
function parted(path: string, end: string): ShortName {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? [path, end] : [path.slice(0, slash), path.slice(slash) + end];
}
