/** TRC7: what Ctrl-C does: before the first step it ends the command, then it pauses the run, and asked again it ends at once. */
export class Interrupt {
  readonly #stop = new AbortController();
  readonly #pause: (() => Promise<void>) | null;
  /** From the first step on. */
  #trains = false;
  #asked = false;

  /** @param pause null: the run is not kept, and Ctrl-C ends the command at any time */
  constructor(pause: (() => Promise<void>) | null) {
    this.#pause = pause;
    process.on('SIGINT', this.#take);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** There is a run now that can be paused. */
  trains(): void {
    this.#trains = true;
  }

  dispose(): void {
    process.off('SIGINT', this.#take);
  }

  readonly #take = (): void => {
    if (!this.#trains || this.#pause === null) {
      this.#stop.abort();
      return;
    }
    // What was stored last is whole: nothing is lost but the steps since.
    if (this.#asked) process.exit(130);
    this.#asked = true;
    process.stderr.write('\npausing after this step … (Ctrl-C again ends at once)\n');
    void this.#pause();
  };
}
