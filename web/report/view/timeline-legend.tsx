/** What stands around the timeline: buttons that move it, and what its colours and shapes mean. */
import { showMoment } from '../model/format.ts';
import { statusMarks, statusWords } from '../model/operations.ts';
import { useStore } from './state.ts';

export function RangeButtons() {
  const store = useStore();
  const { meta } = store.report;
  const { from, to } = store.state;
  const whole = from <= meta.from && to >= meta.to;
  const digits = Math.max(0, Math.min(6, 8 - Math.floor(Math.log10(to - from))));
  return (
    <div class="bar" role="toolbar" aria-label="What stretch of time is shown">
      <button type="button" onClick={() => store.zoom(0.5)}>
        Zoom in
      </button>
      <button type="button" disabled={whole} onClick={() => store.zoom(2)}>
        Zoom out
      </button>
      <button type="button" disabled={from <= meta.from} aria-label="Earlier" onClick={() => store.pan(-0.5)}>
        ←
      </button>
      <button type="button" disabled={to >= meta.to} aria-label="Later" onClick={() => store.pan(0.5)}>
        →
      </button>
      <button type="button" disabled={whole} onClick={() => store.show(meta.from, meta.to)}>
        Whole run
      </button>
      {meta.faults.length > 0 && <FaultPicker />}
      <span class="muted">
        {showMoment(from, meta.timed, digits)} to {showMoment(to, meta.timed, digits)}
      </span>
    </div>
  );
}

function FaultPicker() {
  const store = useStore();
  const { meta } = store.report;
  return (
    <label>
      Fault{' '}
      <select
        value=""
        onChange={(event) => {
          const fault = meta.faults[Number(event.currentTarget.value)];
          event.currentTarget.value = '';
          if (fault === undefined) return;
          const end = fault.to ?? meta.to;
          const margin = Math.max((end - fault.from) / 4, 1000);
          store.set({ moment: fault.from });
          store.show(fault.from - margin, end + margin);
        }}
      >
        <option value="">go to …</option>
        {meta.faults.map(({ words, from }, i) => (
          <option key={`${from} ${words}`} value={i}>
            {showMoment(from, meta.timed, 3)}: {words}
          </option>
        ))}
      </select>
    </label>
  );
}

export function StatusLegend() {
  return (
    <ul class="legend" aria-label="Colours and shapes">
      {statusWords.map((words, status) => (
        <li key={words}>
          <span class={`swatch status-${status}`} aria-hidden="true" />
          {statusMarks[status]} {words}
          {status === 0 ? ' (filled)' : status === 1 ? ' (hatched; dense: mark above)' : ' (dashed, open; dense: mark below)'}
        </li>
      ))}
      <li>
        <span class="swatch fault" aria-hidden="true" />⚡ fault (slanted lines)
      </li>
      <li>
        <span class="swatch cited" aria-hidden="true" />
        framed: of a counterexample
      </li>
    </ul>
  );
}
