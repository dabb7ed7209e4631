import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { type History, NONE, readTrace, TraceReader, type ViewReadOptions } from './index.ts';

/** `process f key argument result status` of each operation. */
function rows(history: History): string[] {
  const value = (id: number): string => (id === NONE ? '-' : JSON.stringify(history.values[id]));
  return Array.from({ length: history.count }, (_, i) => {
    const key = history.key[i] as number;
    const what = [value(history.argument[i] as number), value(history.result[i] as number)];
    const f = history.functions[history.f[i] as number];
    return [history.process[i], f, key === NONE ? '-' : JSON.stringify(history.keys[key]), ...what, history.status[i]].join(' ');
  });
}

function refusal(text: string, options: ViewReadOptions = {}): string {
  try {
    readTrace(text, { source: 'in', ...options });
  } catch (error) {
    if (error instanceof LightconeError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'accepted';
}

const json = [
  '{"index":0,"process":0,"type":"invoke","f":"txn","value":[["append","x",1],["r","x",null]],"time":5}',
  '{"index":1,"process":"nemesis","type":"info","f":"start","value":null,"time":6}',
  '{"index":2,"process":0,"type":"ok","f":"txn","value":[["append","x",1],["r","x",[1]]],"time":7}',
];
const jsonRows = ['0 txn - [["append","x",1],["r","x",null]] [["append","x",1],["r","x",[1]]] 0'];

test.each([
  ['one array', `[${json.join(',\n')}]`],
  ['one object a line', json.join('\n')],
  [
    'objects over several lines',
    JSON.stringify(
      json.map((line) => JSON.parse(line) as unknown),
      null,
      2,
    ),
  ],
  ['objects over several lines, one after another', json.map((line) => JSON.stringify(JSON.parse(line), null, 2)).join('\n')],
])('a history in JSON: %s', (_name, text) => {
  const reader = new TraceReader({ source: 'in' });
  reader.feed(text);
  const view = reader.end();
  expect(reader.format).toBe('jepsen-json');
  expect(rows(view.history)).toEqual(jsonRows);
  expect(view.others).toMatchObject([{ type: 'note', text: 'nemesis start null' }]);
});

test('a trace of ours is not taken for Jepsen’s JSON', () => {
  expect(readTrace('{"type":"header","trace":1}\n').header.source).toBeUndefined();
});

test.each([
  ['[{"process":0,"type":"invoke","f":"read"', 'LC_TRACE_SYNTAX in:1: the input ends inside the form'],
  ['[{"process":0,"type":"invoke","f":nil}]', 'LC_TRACE_SYNTAX in:1: not JSON: "{'],
  ['[{"process":0,"type":"invoke","f":"read"},\n{"process":0,"type":"done","f":"read"}]', 'LC_TRACE_SYNTAX in:2: :type must be :invoke'],
  ['[{"process":0,"type":"invoke","f":"write","value":9007199254740993}]', 'LC_TRACE_SYNTAX in:1: "{'],
])('refused in JSON: %j', (text, message) => {
  expect(refusal(text).startsWith(message) ? message : refusal(text)).toBe(message);
});

test('operations without a process get one of their own, told by what they ask', () => {
  const text = `{:type :invoke :value [[:append 1 1]]} {:type :invoke :value [[:r 1 nil]]}
    {:type :ok :value [[:r 1 [1]]]} {:type :ok :value [[:append 1 1]]}
    {:type :invoke :f :read :value nil} {:type :ok :f :read :value [[:r 1 [1]]]}`;
  expect(refusal(text)).toBe('LC_HISTORY_UNMATCHED in:3: no open operation can be what this txn (ok) without :process completes');
  const [first, second] = text.split('\n') as [string, string];
  expect(rows(readTrace(first + second).history)).toEqual([
    '0 txn - [["append",1,1]] [["append",1,1]] 0',
    '1 txn - [["r",1,null]] [["r",1,[1]]] 0',
  ]);
});

test('which of two like operations without process ended is not guessed; nor are some processes left out', () => {
  const two = '{:type :invoke :f :read :value nil}{:type :invoke :f :read :value nil}{:type :ok :f :read :value 1}';
  expect(refusal(two)).toBe(
    'LC_HISTORY_UNMATCHED in:1: more than one open operation can be what this read (ok) without :process completes',
  );
  const mixed = '{:process 0 :type :invoke :f :read :value nil}{:type :invoke :f :read :value nil}';
  expect(refusal(mixed)).toBe('LC_TRACE_SYNTAX in:1: :process must be there in all operations or in none, not absent');
});

test('whether values carry a key is told by the first invocation that shows it, however late', () => {
  const writes = '{:process 0 :type :invoke :f :write :value [7 1]}{:process 0 :type :ok :f :write :value [7 1]}';
  expect(rows(readTrace(`${writes}{:process 1 :type :invoke :f :cas :value [7 [1 2]]}`).history)[0]).toBe('0 write 7 1 - 0');
  expect(rows(readTrace(`${writes}{:process 1 :type :invoke :f :cas :value [1 2]}`).history)[0]).toBe('0 write - [7,1] - 0');
  expect(rows(readTrace(writes).history)).toEqual(['0 write - [7,1] - 0']);
});

test('a long fork’s reads and writes are transactions; a failed one may have lost its value', () => {
  const text = `{:process 0 :type :invoke :f :write :value [[:w 3 1]]}{:process 0 :type :fail :f :write :value :aborted}
    {:process 1 :type :invoke :f :read :value [[:r 3 nil] [:r 4 nil]]}{:process 1 :type :ok :f :read :value [[:r 3 1] [:r 4 nil]]}`;
  expect(rows(readTrace(text).history)).toEqual([
    '0 txn - [["w",3,1]] - 1',
    '1 txn - [["r",3,null],["r",4,null]] [["r",3,1],["r",4,null]] 0',
  ]);
});

test('read-init is the read of a causal register that starts at 0', () => {
  const view = readTrace('{:process 0 :type :invoke :f :read-init :value [1 nil]}{:process 0 :type :ok :f :read-init :value [1 0]}');
  expect(view.header).toMatchObject({ model: 'causal', initial: 0 });
  expect(rows(view.history)).toEqual(['0 read 1 - 0 0']);
});

test('a key-value log of Porcupine’s starts from empty texts', () => {
  const text = '{:process 0, :type :invoke, :f :get, :key "7", :value nil}\n{:process 0, :type :ok, :f :get, :key "7", :value ""}\n';
  const reader = new TraceReader();
  reader.feed(text);
  expect(reader.end().header).toMatchObject({ model: 'kv', initial: '' });
  expect(reader.format).toBe('porcupine');
});

test('the order of the records counts: a time that is a little behind gives way', () => {
  const text = '{:process 0 :type :invoke :f :read :time 20}{:process 1 :type :invoke :f :read :time 12}';
  expect([...readTrace(text).history.invokeNs]).toEqual([20, 20]);
});
