import { Tabs } from 'radix-ui';
import { useState } from 'react';
import { DataTab, DataTools } from '../data/DataTab.tsx';
import { useLog } from '../state/log.ts';
import { type BottomTab, setView, useView } from '../state/view.ts';
import { TrainingTab, TrainingTools } from '../training/TrainingTab.tsx';
import { LogList, LogTools } from './Log.tsx';
import { Thresholds, ThresholdTools } from './Thresholds.tsx';

export function Bottom() {
  const tab = useView((state) => state.bottomTab);
  const problems = useLog((state) => state.entries.filter((entry) => entry.level === 'error').length);
  const [filter, setFilter] = useState('');
  return (
    <Tabs.Root className="bottom" value={tab} onValueChange={(next) => setView({ bottomTab: next as BottomTab })}>
      <div className="tabs">
        <Tabs.List className="tab-list" aria-label="Thresholds, training, data and log">
          <Tabs.Trigger value="thresholds" className="tab">
            Thresholds
          </Tabs.Trigger>
          <Tabs.Trigger value="training" className="tab">
            Training
          </Tabs.Trigger>
          <Tabs.Trigger value="data" className="tab">
            Data
          </Tabs.Trigger>
          <Tabs.Trigger value="log" className="tab">
            Log {problems > 0 && <span className="badge">{problems}</span>}
          </Tabs.Trigger>
        </Tabs.List>
        <span className="grow" />
        {tab === 'thresholds' && <ThresholdTools filter={filter} onFilter={setFilter} />}
        {tab === 'training' && <TrainingTools />}
        {tab === 'data' && <DataTools />}
        {tab === 'log' && <LogTools />}
      </div>
      <Tabs.Content value="thresholds" className="bottom-body" tabIndex={-1}>
        <Thresholds filter={filter} />
      </Tabs.Content>
      <Tabs.Content value="training" className="bottom-body" tabIndex={-1}>
        <TrainingTab />
      </Tabs.Content>
      <Tabs.Content value="data" className="bottom-body" tabIndex={-1}>
        <DataTab />
      </Tabs.Content>
      <Tabs.Content value="log" className="bottom-body" tabIndex={-1}>
        <LogList />
      </Tabs.Content>
    </Tabs.Root>
  );
}
