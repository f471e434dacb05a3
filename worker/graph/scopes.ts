/** Path of a node without its last segment; empty at top level. */
export function parentScope(name: string): string {
  const slash = name.lastIndexOf('/');
  return slash < 0 ? '' : name.slice(0, slash);
}

/** Last segment of a node's path. */
export function lastSegment(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

/** `name` inside `scope`; at top level where the scope is empty. */
export function inScope(scope: string, name: string): string {
  return scope === '' ? name : `${scope}/${name}`;
}

/** `name`, or with `_1`, `_2` … appended where that is taken, as TensorFlow makes names unique. */
export function uniqueName(name: string, taken: (name: string) => boolean): string {
  if (!taken(name)) return name;
  for (let number = 1; ; number++) {
    const candidate = `${name}_${number}`;
    if (!taken(candidate)) return candidate;
  }
}
