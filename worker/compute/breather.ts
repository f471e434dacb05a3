import { cancelled } from './channel.ts';

/** Lets messages through between two kernels, so that a cancellation is seen before the next one starts. */
export class Breather {
  readonly #channel = new MessageChannel();
  #resume: (() => void) | null = null;

  constructor() {
    this.#channel.port1.onmessage = () => this.#resume?.();
  }

  /** Gives way to waiting messages. @throws GraffitistError `cancelled` when one of them said so */
  async pause(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
        this.#channel.port2.postMessage(null);
      });
    }
    if (signal.aborted) throw cancelled();
  }

  /** Closes the channel; an open one would keep a thread alive. */
  close(): void {
    this.#channel.port1.close();
  }
}
