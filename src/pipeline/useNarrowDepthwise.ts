import { useEffect, useState } from 'react';
import type { PipelineStep, QuantizerRow } from '../../worker/protocol.ts';
import { depthwiseWeights } from '../actions/paintBits.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';
import { usePaintedBits } from './usePaintedBits.ts';

/** Weights of so few bits round to 0 in most channels of a depthwise layer. */
const NARROW = 4;

const NONE: readonly QuantizerRow[] = [];

/** How many depthwise layers a quantize step leaves at 4 bits or fewer: by its options, and where it reads a list by what it placed last. */
export function useNarrowDepthwise(step: PipelineStep | undefined): number {
  const layers = useDocument((state) => state.summary?.ops.find(([op]) => op === 'DepthwiseConv2dNative')?.[1] ?? 0);
  const painted = usePaintedBits();
  const listed = step?.options.bits_list != null;
  const placed = usePlaced(listed && layers > 0);
  const width = step?.options.weight_bits;
  if (layers === 0 || typeof width !== 'number' || Math.abs(width) > NARROW) return 0;
  if (!listed) return layers;
  return placed.filter(({ name, bits }) => bits <= NARROW && Math.abs(painted.get(name) ?? bits) <= NARROW).length;
}

/** The weights of depthwise layers on the stage on screen. */
function usePlaced(wanted: boolean): readonly QuantizerRow[] {
  const quantizers = useRun((state) => state.quantizers);
  const [placed, setPlaced] = useState(NONE);
  useEffect(() => {
    let current = true;
    if (wanted && quantizers !== null) void depthwiseWeights().then((rows) => current && setPlaced(rows));
    else setPlaced(NONE);
    return () => {
      current = false;
    };
  }, [wanted, quantizers]);
  return placed;
}
