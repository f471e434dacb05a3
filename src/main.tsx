import 'uplot/dist/uPlot.min.css';
import './theme/theme.css';
import './frame/frame.css';
import './files/files.css';
import './interface/interface.css';
import './pipeline/pipeline.css';
import './inspector/inspector.css';
import './bottom/bottom.css';
import './data/data.css';
import './data/results.css';
import './data/confusion.css';
import './training/training.css';
import { createRoot } from 'react-dom/client';
import { App } from './App.tsx';
import { followBackend, refreshBackends } from './actions/backend.ts';
import { watchEvaluation } from './actions/evaluate.ts';
import { loadTransforms, watchPipeline } from './actions/pipeline.ts';
import { loadTrainingOptions } from './actions/train.ts';
import { watchTraining } from './actions/watchTraining.ts';
import { listenForKeys } from './commands/keys.ts';
import { keepSession, restoreSession } from './session/session.ts';
import { watchView } from './state/view.ts';

watchView();
listenForKeys();

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(<App />);

await loadTransforms();
watchPipeline();
watchEvaluation();
watchTraining();
void loadTrainingOptions();
void refreshBackends();
followBackend();
await restoreSession();
keepSession();
