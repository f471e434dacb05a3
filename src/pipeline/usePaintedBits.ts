import { useEffect, useState } from 'react';
import { bitsList } from '../actions/paintBits.ts';
import { useDocument } from '../state/document.ts';
import { usePipeline } from '../state/pipeline.ts';
import { readBits } from './bitsList.ts';

const NONE: ReadonlyMap<string, number> = new Map();

/** Whether the pipeline has a step that takes bits by layer. */
export function useTakesBits(): boolean {
  return usePipeline(
    ({ request, transforms }) =>
      request.steps.some(({ transform, bypassed }) => transform === 'quantize' && !bypassed) &&
      transforms.find(({ name }) => name === 'quantize')?.options.bits_list !== undefined,
  );
}

/** The bits that the list of the document gives quantizers. */
export function usePaintedBits(): ReadonlyMap<string, number> {
  const sources = useDocument((state) => state.sources);
  const named = usePipeline(({ request }) => request.steps.find(({ transform }) => transform === 'quantize')?.options.bits_list ?? null);
  const [bits, setBits] = useState(NONE);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the list is another one when the file or its name changed
  useEffect(() => {
    let current = true;
    if (named === null) setBits(NONE);
    else void bitsList().then(({ text }) => current && setBits(readBits(text)));
    return () => {
      current = false;
    };
  }, [sources, named]);
  return bits;
}
