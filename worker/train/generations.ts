/** Files by name: the part of a store that generations need. */
export interface NamedFiles {
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
  remove(name: string): Promise<void>;
}

const SLOTS = [0, 1] as const;
const nameOf = (name: string, slot: number): string => `${name}.${slot}`;

/** What `read` made of the newest generation that could be read, and where it lies. */
export interface Generation<T> {
  readonly value: T;
  readonly slot: number;
}

/**
 * TRN27: something that is written again and again, in two files by turns: the one before stays until the next one is whole.
 * @param read throws where bytes are damaged or cut off; that generation is passed over
 * @param age larger is newer
 * @param onFault is told of what was passed over
 */
export async function newestGeneration<T>(
  files: NamedFiles,
  name: string,
  read: (bytes: Uint8Array, about: string) => T,
  age: (value: T) => number,
  onFault: (error: unknown) => void = () => undefined,
): Promise<Generation<T> | null> {
  const found: Generation<T>[] = [];
  for (const slot of SLOTS) {
    const bytes = await files.read(nameOf(name, slot));
    if (bytes === null) continue;
    try {
      found.push({ value: read(bytes, nameOf(name, slot)), slot });
    } catch (error) {
      // Written when the machine stopped: the other one is whole.
      onFault(error);
    }
  }
  return found.sort((a, b) => age(b.value) - age(a.value))[0] ?? null;
}

/** Writes the next generation into the file that does not hold the newest. @returns where it lies now */
export async function writeGeneration(files: NamedFiles, name: string, newest: number | null, bytes: Uint8Array): Promise<number> {
  const slot = newest === 0 ? 1 : 0;
  await files.write(nameOf(name, slot), bytes);
  return slot;
}

export async function removeGenerations(files: NamedFiles, name: string): Promise<void> {
  for (const slot of SLOTS) await files.remove(nameOf(name, slot));
}
