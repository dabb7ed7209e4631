/** Opens the report: unpacks what the page carries, draws it, and marks when all of it has been painted. */
import { render } from 'preact';
import { decodeReport } from './model/decode.ts';
import './styles.css';
import { App } from './view/app.tsx';
import { Store } from './view/state.ts';
import { applyTheme, keptTheme, themeOf } from './view/theme.ts';

async function open(): Promise<void> {
  const app = document.getElementById('app') as HTMLElement;
  const theme = keptTheme();
  applyTheme(themeOf(theme));
  try {
    const report = await decodeReport(document.getElementById('report-data')?.textContent ?? '');
    performance.mark('report-decoded');
    app.replaceChildren();
    render(<App store={new Store(report, theme)} />, app);
  } catch (error) {
    app.textContent = `This report cannot be opened (${error instanceof Error ? error.message : String(error)}): the file may be cut short, or the browser older than 2023.`;
    throw error;
  }
}

/** Two frames later everything that effects draw is on the screen. */
function markPainted(): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      performance.mark('report-painted');
      document.documentElement.dataset.painted = 'yes';
    }),
  );
}

await open();
markPainted();
