/** Takes graphics devices away from the page's workers, as a driver that resets does. */
import { type Browser, expect, type Page } from '@playwright/test';

const CHANNEL = 'graphics of the test';

/** What the tests do to the workers' devices. */
export interface Graphics {
  /** Every device is lost; a new one can be had. */
  lose(): Promise<void>;
  /** Every device is lost, and there is no adapter any more. */
  loseForGood(): Promise<void>;
  /** Devices that workers were given so far. */
  devices(): Promise<number>;
}

/** Must come before the page is opened: every script of a worker begins with an ear for the test. */
export async function holdGraphics(page: Page): Promise<Graphics> {
  let none = false;
  await page.route('**/*.js', async (route) => {
    const response = await route.fetch();
    const ear = `globalThis.obeying ??= ((${obey})(${JSON.stringify(CHANNEL)}, ${none}), true);`;
    await route.fulfill({ response, body: `${ear}\n${await response.text()}` });
  });
  await page.addInitScript((name) => {
    const counted = { devices: 0 };
    Object.assign(globalThis, { counted });
    new BroadcastChannel(name).addEventListener('message', ({ data }) => {
      if (data === 'device') counted.devices++;
    });
  }, CHANNEL);
  const say = (word: 'lose' | 'lose for good') =>
    page.evaluate(([name, data]) => new BroadcastChannel(name).postMessage(data), [CHANNEL, word] as const);
  return {
    lose: () => say('lose'),
    loseForGood: async () => {
      none = true;
      await say('lose for good');
    },
    devices: () => page.evaluate(() => (globalThis as unknown as { counted: { devices: number } }).counted.devices),
  };
}

/** Ends the browser's GPU process. */
export async function crashGpuProcess(browser: Browser): Promise<void> {
  const session = await browser.newBrowserCDPSession();
  const gpu = async (): Promise<number | undefined> =>
    (await session.send('SystemInfo.getProcessInfo')).processInfo.find(({ type }) => type === 'GPU')?.id;
  const before = await gpu();
  // The answer to this never comes: the process is gone.
  void session.send('Browser.crashGpuProcess').catch(() => undefined);
  await expect.poll(gpu).not.toBe(before);
}

/** Runs in workers. */
function obey(channel: string, never: boolean): void {
  const gpu = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (gpu === undefined || 'document' in globalThis) return;
  const devices: GPUDevice[] = [];
  let none = never;
  const said = new BroadcastChannel(channel);
  said.addEventListener('message', ({ data }) => {
    if (data !== 'lose' && data !== 'lose for good') return;
    none ||= data === 'lose for good';
    for (const device of devices) device.destroy();
  });
  const { requestAdapter } = GPU.prototype;
  GPU.prototype.requestAdapter = async function (options) {
    return none ? null : requestAdapter.call(this, options);
  };
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await requestDevice.call(this, descriptor);
    devices.push(device);
    said.postMessage('device');
    return device;
  };
}
