import { useCallback, useEffect, useState } from 'react';
import { errorInfo, type Reading, type Scene, type Stage } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useDocument } from '../state/document.ts';
import { logError } from '../state/log.ts';
import { useRun } from '../state/run.ts';
import { useView } from '../state/view.ts';

/** What of a graph is on screen; `open` is undefined until a person opened or closed a group there. */
interface Wanted {
  readonly generation: number;
  readonly stage: Stage;
  readonly reading: Reading;
  readonly open: readonly string[] | undefined;
}

/** The picture of the stage and reading on screen, and how to open groups in it. */
export interface SceneInView {
  readonly scene: Scene | null;
  /** Laying out takes long enough to say so. */
  readonly slow: boolean;
  readonly setOpen: (open: readonly string[]) => void;
}

export function useScene(): SceneInView {
  const stage = useView((state) => state.stage);
  const reading = useView((state) => state.reading);
  const generation = useDocument((state) => state.generation);
  const stages = useRun((state) => state.stages);
  // Thresholds are part of the picture: another calibration gives other tags.
  const rows = useRun((state) => (state.quantizers?.stage === stage ? state.quantizers.rows : null));
  const [opened, setOpened] = useState<Wanted | null>(null);
  const [scene, setScene] = useState<{ readonly of: number; readonly scene: Scene } | null>(null);
  const [slow, setSlow] = useState(false);
  const open =
    opened !== null && opened.generation === generation && opened.stage === stage && opened.reading === reading ? opened.open : undefined;
  const there = stages.some((info) => info.stage === stage) && rows !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another run or calibration makes the same stage another picture
  useEffect(() => {
    if (!there) return;
    const controller = new AbortController();
    const notice = setTimeout(() => setSlow(true), 150);
    engine()
      .scene({ stage, reading, ...(open === undefined ? {} : { open }) }, { signal: controller.signal })
      .then(
        (next) => {
          if (!controller.signal.aborted) setScene({ of: generation, scene: next });
        },
        (thrown: unknown) => {
          const error = errorInfo(thrown);
          if (error.code !== 'cancelled') logError(error);
        },
      )
      .finally(() => {
        clearTimeout(notice);
        if (!controller.signal.aborted) setSlow(false);
      });
    return () => {
      clearTimeout(notice);
      controller.abort();
    };
  }, [generation, stage, reading, open, there, rows]);

  const setOpen = useCallback(
    (groups: readonly string[]) => setOpened({ generation, stage, reading, open: groups }),
    [generation, stage, reading],
  );
  // The former picture stays until the next is there, but never the one of another document.
  return { scene: scene?.of === generation ? scene.scene : null, slow, setOpen };
}
