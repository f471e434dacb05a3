let store = async (): Promise<void> => {};

/** Stores what is open; resolves when it is there. Nothing happens while no session is kept. */
export function storeNow(): Promise<void> {
  return store();
}

/** Says how the session is stored, from now on. */
export function storesBy(way: () => Promise<void>): void {
  store = way;
}
