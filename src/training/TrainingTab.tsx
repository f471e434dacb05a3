import { useRun } from '../state/run.ts';
import { showTrainingSection, TRAINING_SECTIONS, type TrainingSection, useTraining } from '../state/training.ts';
import { Segments } from '../ui/Segments.tsx';
import { ProgressSection } from './ProgressSection.tsx';
import { ReportSection } from './ReportSection.tsx';
import { RunSide } from './RunSide.tsx';
import { SetupSection } from './SetupSection.tsx';
import { ThresholdsSection } from './ThresholdsSection.tsx';

/** The sections that there is something to see in. */
function useSections(): readonly TrainingSection[] {
  const state = useTraining(({ run }) => run?.state ?? null);
  const reported = useTraining(({ report }) => report !== null);
  const starting = useRun(({ job }) => job?.kind === 'train');
  const going = starting || (state !== null && state !== 'ended');
  return TRAINING_SECTIONS.filter((section) => {
    if (section === 'Setup') return !going;
    if (section === 'Report') return !going && reported;
    return section === 'Progress' ? going || state !== null : going || state !== null || reported;
  });
}

/** The section on screen: the one that was chosen, where it has something to show. */
function useSection(): { sections: readonly TrainingSection[]; section: TrainingSection } {
  const sections = useSections();
  const wanted = useTraining((state) => state.section);
  return { sections, section: sections.includes(wanted) ? wanted : (sections[0] ?? 'Setup') };
}

/** The sections of the Training tab. */
export function TrainingTools() {
  const { sections, section } = useSection();
  if (sections.length < 2) return null;
  return (
    <div className="bottom-tools">
      <Segments
        id="training-section"
        label="Section of the training"
        choices={sections}
        value={section}
        onChange={(next) => showTrainingSection(next as TrainingSection)}
      />
    </div>
  );
}

/** Retraining: what is asked for, what is seen while it runs, and what came of it. */
export function TrainingTab() {
  const { section } = useSection();
  switch (section) {
    case 'Setup':
      return <SetupSection />;
    case 'Report':
      return <ReportSection />;
    case 'Progress':
      return (
        <div className="training-run">
          <RunSide />
          <ProgressSection />
        </div>
      );
    case 'Thresholds':
      return (
        <div className="training-run">
          <RunSide />
          <ThresholdsSection />
        </div>
      );
  }
}
