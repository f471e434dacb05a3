/** Where stored runs lie: files by name, in the page's private file system, in a folder, in a test's memory. */
export interface RunFiles {
  /** Null where there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  /** Replaces the file. @throws where there is no room */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** Nothing happens where there is none. */
  remove(name: string): Promise<void>;
  /** The right to write what has this name, until the returned function is called; null: someone else has it. */
  lock(name: string): Promise<(() => void) | null>;
}
