/** What WebGPU there is in this worker or page. */
export interface WebGpuProbe {
  readonly available: boolean;
  /** A software adapter: correct, and slower than wasm. */
  readonly software: boolean;
  /** "Apple M3", "SwiftShader"; why there is none where it is not available. */
  readonly description: string;
}

/** The parts of the WebGPU API that are read here; not every platform this runs on has them. */
interface Gpu {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<{
    readonly isFallbackAdapter?: boolean;
    readonly info?: {
      readonly vendor?: string;
      readonly architecture?: string;
      readonly description?: string;
      readonly isFallbackAdapter?: boolean;
    };
  } | null>;
}

/** Asks for an adapter and describes it; never throws. */
export async function probeWebGpu(): Promise<WebGpuProbe> {
  const gpu = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  if (gpu === undefined) return { available: false, software: false, description: 'There is no WebGPU here.' };
  try {
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter === null) return { available: false, software: false, description: 'WebGPU found no graphics adapter.' };
    const { info } = adapter;
    const name = info?.description || [info?.vendor, info?.architecture].filter(Boolean).join(' ') || 'graphics adapter';
    const software =
      adapter.isFallbackAdapter === true || info?.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name);
    return { available: true, software, description: name };
  } catch (error) {
    return { available: false, software: false, description: error instanceof Error ? error.message : String(error) };
  }
}
