/** What clients may ask, as plans over the state. The bugs that are a matter of planning stand here. */
import type { Bug } from './bugs.ts';
import { type Change, type Command, type Json, type Plan, Refused, type State } from './state.ts';

/** Of `reordered-queue`. */
const PAGE = 8;
const pageOf = (number: number): string => `page/${Math.floor(number / PAGE)}`;

const read = (answer: Json): Plan => ({ steps: [], answer });
const change = (changes: readonly Change[], answer: Json = null): Plan => ({ steps: [changes], answer });

/** `lost-update` plans an increment before it is its turn: two of them may read the same. */
export const plannedEarly = ({ f }: Command, bug: Bug | null): boolean => bug === 'lost-update' && f === 'increment';

export const onlyReads = ({ f, value }: Command): boolean =>
  f === 'read' ||
  f === 'elements' ||
  f === 'balances' ||
  (f === 'txn' && (value as readonly Json[]).every((step) => (step as Json[])[0] === 'r'));

export function plan(state: State, command: Command, bug: Bug | null): Plan {
  const { f, key = null, value = null } = command;
  switch (f) {
    case 'read':
      return read(state.get(String(key)));
    case 'write':
      return change([{ set: String(key), to: value }]);
    case 'increment':
      return change([{ set: String(key), to: Number(state.get(String(key)) ?? 0) + 1 }]);
    case 'add':
      return change([{ set: `element/${JSON.stringify(value)}`, to: value }]);
    case 'elements':
      return read(state.under('element/'));
    case 'open':
      return change([{ set: `account/${key}`, to: value }]);
    case 'balances':
      return read(state.balances());
    case 'transfer':
      return transfer(state, value as { readonly from: string; readonly to: string; readonly amount: number }, bug);
    case 'enqueue':
      return enqueue(state, value, bug);
    case 'dequeue':
      return dequeue(state, bug);
    case 'txn':
      return transaction(state, value as readonly (readonly [string, string, Json])[]);
    default:
      throw new Refused(`UNKNOWN_COMMAND`);
  }
}

function transfer(state: State, { from, to, amount }: { from: string; to: string; amount: number }, bug: Bug | null): Plan {
  const [left, right] = [from, to].map((account) => Number(state.get(`account/${account}`))) as [number, number];
  if (left < amount) throw new Refused('INSUFFICIENT');
  const debit = { set: `account/${from}`, to: left - amount };
  const credit = { set: `account/${to}`, to: right + amount };
  return bug === 'non-atomic-transfer' ? { steps: [[debit], [credit]], answer: null } : change([debit, credit]);
}

function enqueue(state: State, item: Json, bug: Bug | null): Plan {
  if (bug !== 'reordered-queue') return change([{ push: 'queue', item }]);
  const number = Number(state.get('enqueued'));
  return change([
    { set: 'enqueued', to: number + 1 },
    { push: pageOf(number), item },
  ]);
}

function dequeue(state: State, bug: Bug | null): Plan {
  const newest = Number(state.get('enqueued')) - 1;
  const pages = Array.from({ length: Math.floor(newest / PAGE) + 1 }, (_, back) => pageOf(newest - PAGE * back));
  for (const queue of bug === 'reordered-queue' ? pages : ['queue']) {
    const item = state.first(queue);
    if (item !== null) return change([{ shift: queue }], item);
  }
  return read(null);
}

/** Steps see what those before them wrote; all of them are one change. */
function transaction(state: State, steps: readonly (readonly [f: string, key: string, value: Json])[]): Plan {
  const written = new Map<string, Json>();
  const answer = steps.map(([f, key, value]): Json => {
    if (f === 'r') return [f, key, written.get(key) ?? state.get(`row/${key}`)];
    written.set(key, value);
    return [f, key, value];
  });
  const changes = [...written].map(([key, to]): Change => ({ set: `row/${key}`, to }));
  return changes.length === 0 ? read(answer) : change(changes, answer);
}
