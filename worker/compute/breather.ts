import { type CallContext, cancelled } from './channel.ts';

/** Work up to this long is not worth a look at the messages. */
const PAUSE_MS = 1;

/** Lets messages through between two kernels, so that a cancellation is seen before the next one of some length starts. */
export class Breather {
  readonly #channel = new MessageChannel();
  #resume: (() => void) | null = null;
  #last = performance.now();

  constructor() {
    this.#channel.port1.onmessage = () => this.#resume?.();
  }

  /** Gives way to waiting messages. @throws GraffitistError `cancelled` when one of them said so */
  async pause(call: Pick<CallContext, 'cancelled'>): Promise<void> {
    if (!call.cancelled && performance.now() - this.#last > PAUSE_MS) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
        this.#channel.port2.postMessage(null);
      });
      this.#last = performance.now();
    }
    if (call.cancelled) throw cancelled();
  }

  /** Closes the channel; an open one would keep a thread alive. */
  close(): void {
    this.#channel.port1.close();
  }
}
