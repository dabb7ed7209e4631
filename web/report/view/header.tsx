/** What it is, how it ended, and how to do it again. */
import { useState } from 'preact/hooks';
import type { Verdict } from '../../../src/checkers/index.ts';
import type { ReportMeta } from '../../../src/runner/index.ts';
import { counted, figure, showMoment } from '../model/format.ts';
import { VerdictBadge } from './checks.tsx';
import { useStore, type ViewState } from './state.ts';
import { keepTheme } from './theme.ts';

function conclusion({ verdict, checks }: ReportMeta): string {
  const named = (wanted: Verdict): string =>
    checks
      .filter((check) => check.verdict === wanted)
      .map(({ check }) => check)
      .join(', ');
  switch (verdict) {
    case 'pass':
      return 'Every check that applies holds.';
    case 'violation':
      return `This run breaks ${named('violation')}.`;
    case 'unknown':
      return `Not everything could be decided: ${named('unknown')} ran out of its budget.`;
    case 'skip':
      return 'No check applies, so nothing was decided.';
  }
}

/** Where the clipboard is denied, the text is at least marked, ready to be copied by hand. */
async function copied(text: string, element: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    if (element !== null) getSelection()?.selectAllChildren(element);
    return document.execCommand('copy');
  }
}

function Rerun({ command }: { readonly command: string }) {
  const [said, setSaid] = useState('');
  return (
    <span class="rerun">
      <code id="rerun-command">{command}</code>
      <button
        type="button"
        onClick={() => {
          void copied(command, document.getElementById('rerun-command')).then((done) =>
            setSaid(done ? 'Copied' : 'Marked: copy it with Ctrl+C'),
          );
        }}
      >
        Copy
      </button>
      <output>{said}</output>
    </span>
  );
}

function ThemeSwitch() {
  const store = useStore();
  const choose = (theme: ViewState['theme']): void => {
    keepTheme(theme);
    store.set({ theme });
  };
  return (
    <fieldset class="themes">
      <legend class="unseen">Light or dark</legend>
      {(['auto', 'light', 'dark'] as const).map((theme) => (
        <label key={theme}>
          <input type="radio" name="theme" checked={store.state.theme === theme} onChange={() => choose(theme)} /> {theme}
        </label>
      ))}
    </fieldset>
  );
}

function Pairs({ title, pairs }: { readonly title: string; readonly pairs: ReportMeta['versions'] }) {
  if (pairs.length === 0) return null;
  return (
    <div>
      <h2 class="minor">{title}</h2>
      <dl>
        {pairs.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

export function Header() {
  const { meta } = useStore().report;
  const { operations, ok, fail, info, processes, keys } = meta.counts;
  return (
    <header>
      <div class="title">
        <h1>{meta.title}</h1>
        <ThemeSwitch />
      </div>
      <p class="verdict">
        <VerdictBadge verdict={meta.verdict} /> {conclusion(meta)}
      </p>
      <p>
        {counted(operations, 'operation')} of {counted(processes, 'process', 'processes')}
        {keys > 0 && ` on ${counted(keys, 'key')}`}: {figure(ok)} ok, {figure(fail)} failed, {figure(info)} of unknown outcome;{' '}
        {counted(meta.faults.length, 'fault')}
        {meta.timed && `; ${showMoment(meta.to - meta.from, true, 1)} long`}.
      </p>
      {meta.leftOut.map((sentence) => (
        <p key={sentence} class="warning">
          ⚠ {sentence}
        </p>
      ))}
      <dl class="facts">
        <div>
          <dt>seed</dt>
          <dd>{meta.seed ?? 'none'}</dd>
        </div>
        <div>
          <dt>again</dt>
          <dd>
            <Rerun command={meta.rerun} />
          </dd>
        </div>
      </dl>
      <details>
        <summary>Versions, environment{meta.scenario === null ? '' : ', scenario'}</summary>
        <div class="columns">
          <Pairs title="Versions" pairs={meta.versions} />
          <Pairs title="Environment" pairs={meta.environment} />
        </div>
        {meta.scenario !== null && (
          <>
            <h2 class="minor">Scenario</h2>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys */}
            <pre class="scrolling" tabIndex={0}>
              {meta.scenario}
            </pre>
          </>
        )}
      </details>
    </header>
  );
}
