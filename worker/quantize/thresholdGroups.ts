/** A partition of names: those that were met together, directly or through others, are one group. */
export interface Groups {
  /** The group of a name, called by one of its members. */
  idOf(name: string): string;
  /** Members of a group in the order in which they were first met. */
  members(id: string): readonly string[];
}

/** Union-find over sets of names that belong together: sets that have a name in common become one. Near-linear in the names given. */
export function groupsOf(sets: readonly (readonly string[])[]): Groups {
  const parent = new Map<string, string>();
  const rootOf = (name: string): string => {
    let root = name;
    for (let up = parent.get(root) ?? root; up !== root; up = parent.get(root) ?? root) root = up;
    for (let at = name; at !== root; ) {
      const up = parent.get(at) ?? root;
      parent.set(at, root);
      at = up;
    }
    return root;
  };
  for (const [first, ...others] of sets) {
    if (first === undefined) continue;
    if (!parent.has(first)) parent.set(first, first);
    for (const other of others) parent.set(parent.has(other) ? rootOf(other) : other, rootOf(first));
  }
  const members = new Map<string, string[]>();
  for (const name of parent.keys()) {
    const root = rootOf(name);
    const list = members.get(root);
    if (list === undefined) members.set(root, [name]);
    else list.push(name);
  }
  return { idOf: rootOf, members: (id) => members.get(rootOf(id)) ?? [] };
}
