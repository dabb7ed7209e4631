/** Which operations are shown: by process, key, function and status. */
import { useMemo } from 'preact/hooks';
import { counted } from '../model/format.ts';
import { everything, type Filter, isFiltered } from '../model/lanes.ts';
import { statusMarks, statusWords } from '../model/operations.ts';
import { useStore } from './state.ts';

interface Choice {
  readonly value: number;
  readonly text: string;
}

type Field = 'process' | 'key' | 'f' | 'status';

/** A list of thousands is no choice: then one types. */
const MOST_CHOICES = 500;

function Pick({ field, name, choices }: { readonly field: Field; readonly name: string; readonly choices: readonly Choice[] }) {
  const store = useStore();
  const chosen = store.state.filter[field];
  const pick = (text: string): void => {
    const value = text === '' ? null : Number(text);
    store.set({ filter: { ...store.state.filter, [field]: value } satisfies Filter });
  };
  if (choices.length < 2) return null;
  if (choices.length > MOST_CHOICES) {
    const find = (text: string): string => String(choices.find((choice) => choice.text === text)?.value ?? '');
    return (
      <label>
        {name} <input type="search" size={8} placeholder="all" onChange={(event) => pick(find(event.currentTarget.value.trim()))} />
      </label>
    );
  }
  return (
    <label>
      {name}{' '}
      <select value={chosen ?? ''} onChange={(event) => pick(event.currentTarget.value)}>
        <option value="">all</option>
        {choices.map(({ value, text }) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function Filters() {
  const store = useStore();
  const { meta, operations } = store.report;
  const { filter } = store.state;
  const processes = useMemo(
    () => [...new Set(operations.process)].sort((a, b) => a - b).map((process) => ({ value: process, text: `p${process}` })),
    [operations],
  );
  const named = (names: readonly string[]): Choice[] => names.map((text, value) => ({ value, text }));
  const keys = useMemo(() => named(meta.keys).sort((a, b) => (a.text < b.text ? -1 : 1)), [meta]);
  return (
    <fieldset class="bar" aria-label="Which operations are shown">
      <Pick field="process" name="Process" choices={processes} />
      <Pick field="key" name="Key" choices={keys} />
      <Pick field="f" name="Function" choices={named(meta.functions)} />
      <Pick field="status" name="Outcome" choices={named(statusWords.map((words, i) => `${statusMarks[i]} ${words}`))} />
      {filter.only !== null && <strong>Only operations that contradict</strong>}
      {isFiltered(filter) && (
        <button type="button" onClick={() => store.set({ filter: everything })}>
          Show all
        </button>
      )}
      <output class="muted">{counted(store.shown.rows.length, 'operation')} shown</output>
    </fieldset>
  );
}
