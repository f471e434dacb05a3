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

/** `Conv2d_1_depthwise · weight` of `net/Conv2d_1_depthwise/Mul_fold_weight_quant`: what tells it apart, at its beginning. */
export function shortName(name: string, scope: string): string {
  const rest = name.startsWith(scope) ? name.slice(scope.length) : name;
  const end = rest.lastIndexOf('/');
  const kind = /(?:^|[/_])([a-z]+)_quant(?:_\d+)?$/.exec(rest)?.[1];
  return end < 0 || kind === undefined ? rest : `${rest.slice(0, end)} · ${kind}`;
}
