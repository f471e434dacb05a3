import { useEffect, useState } from 'react';
import { sampleIndex } from '../actions/open.ts';
import { usePipeline } from '../state/pipeline.ts';

/** Whether the sample's images have the shape that the open document wants. */
export function useSampleFits(): boolean {
  const wanted = usePipeline((state) => state.request.interface.shape);
  const [sample, setSample] = useState<readonly number[] | null>(null);
  useEffect(() => {
    let current = true;
    sampleIndex().then(
      (index) => current && setSample(index.interface?.shape ?? null),
      () => {},
    );
    return () => {
      current = false;
    };
  }, []);
  return sample !== null && wanted !== null && sample.join() === wanted.join();
}
