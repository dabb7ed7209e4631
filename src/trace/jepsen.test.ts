import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import { type History, NONE, readTrace, type ViewReadOptions } from './index.ts';

function rows(history: History): string[] {
  const value = (id: number) => (id === NONE ? '-' : JSON.stringify(history.values[id]));
  return Array.from({ length: history.count }, (_, i) => {
    const key = history.key[i] as number;
    return [
      history.process[i],
      history.functions[history.f[i] as number],
      ...(key === NONE ? [] : [`@${JSON.stringify(history.keys[key])}`]),
      value(history.expected[i] as number),
      value(history.argument[i] as number),
      value(history.result[i] as number),
      ['ok', 'fail', 'info'][history.status[i] as number],
    ].join(' ');
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

const log = `INFO  jepsen.core - Test running
INFO  jepsen.util - 0	:invoke	:read	nil
INFO  jepsen.util - 1	:invoke	:write	3
INFO  jepsen.util - :nemesis	:info	:start	nil
INFO  jepsen.util - :nemesis	:info	:start	"Cut off {:n1 #{:n2}}"
INFO  jepsen.util - 0	:ok	:read	nil
WARN  jepsen.core - Process 1 indeterminate
java.net.SocketTimeoutException: Read timed out
	at java.net.SocketInputStream.read(SocketInputStream.java:152)
	... 12 more
INFO  jepsen.util - 1	:info	:write	:timed-out
INFO  jepsen.util - 0	:invoke	:cas	[3 4]
INFO  jepsen.util - 0	:fail	:cas	[3 4]
INFO  jepsen.util - 0	:invoke	:read	nil
INFO  jepsen.util - 0	:fail	:read	:timed-out
INFO  jepsen.util - 2	:invoke	:cas	[0 4]
INFO  jepsen.util - 2	:ok	:cas	[0 4]	some text of an error
`;
const logRows = ['0 read - - null ok', '1 write - 3 - info', '0 cas 3 4 - fail', '0 read - - - fail', '2 cas 0 4 - ok'];

test('a console log: nil reads, failed and timed-out operations, the nemesis, other log lines, stack traces', () => {
  const view = readTrace(log);
  expect(rows(view.history)).toEqual(logRows);
  expect(view.header).toEqual({ type: 'header', trace: 1, source: 'jepsen-log' });
  expect(view.faults).toMatchObject([{ phase: 'start', fault: 'start', detail: { by: 'nemesis', value: '"Cut off {:n1 #{:n2}}"' } }]);
  expect(view.timed).toBe(false);
  const { code, codes } = view.history;
  expect([...(code ?? [])].map((id) => codes?.[id] ?? '-')).toEqual(['-', 'timed-out', '-', 'timed-out', '-']);
});

test.each([
  ['blanks for tabs', log.replaceAll('\t', ' ')],
  ['the prefix of newer versions', log.replaceAll('INFO  jepsen.util - ', 'INFO [2020-01-01 10:00:00,123] jepsen worker 0 - jepsen.util ')],
  [
    'a time before the level',
    log.replaceAll('INFO  jepsen.util - ', '2020-01-01 10:00:00,123{GMT}\tINFO\t[jepsen worker 0] jepsen.util: '),
  ],
  ['another logger', log.replaceAll('jepsen.util', 'my.logger')],
])('a console log with %s', (_name, text) => {
  expect(rows(readTrace(text).history)).toEqual(logRows);
});

test('history.txt: bare operations', () => {
  expect(rows(readTrace('0\t:invoke\t:write\t1\n0\t:ok\t:write\t1\n').history)).toEqual(['0 write - 1 - ok']);
});

const edn = `; recorded
{:process 0, :type :invoke, :f :write, :value [1 5], :time 10, :index 0}
{:process :nemesis, :type :info, :f :stop-partition, :value nil, :time 11, :index 1}
#_ {:process 0, :type :ok, :f :write, :value [1 9]}
{:process 0, :type :ok, :f :write, :value [1 5], :time 20, :index 2}
{:process :nemesis, :type :info, :f :stop-partition, :value "healed }", :time 21, :index 3}
#jepsen.history.Op{:process 1, :type :invoke, :f :read, :value [1 nil], :time 30, :index 4}
{:process 1, :type :ok, :f :read
 :value [1 5], :time 31, :index 5, :error [:a "x"]}
`;

test('an EDN history: maps a line or one vector; keyed values where reads show it, or as told', () => {
  const unkeyed = readTrace(edn, { keyed: false });
  expect(rows(unkeyed.history)).toEqual(['0 write - [1,5] - ok', '1 read - [1,null] [1,5] ok']);
  expect(rows(readTrace(edn).history)).toEqual(['0 write @1 - 5 - ok', '1 read @1 - - 5 ok']);
  const keyed = readTrace(`  [${edn}] ; end`, { keyed: true, model: 'register' });
  expect(rows(keyed.history)).toEqual(['0 write @1 - 5 - ok', '1 read @1 - - 5 ok']);
  expect(keyed.header.model).toBe('register');
  expect(keyed.timed).toBe(true);
  expect([...keyed.history.invokeNs]).toEqual([10, 30]);
  expect(keyed.faults).toMatchObject([{ phase: 'end', fault: 'stop-partition', timeNs: 21, detail: { by: 'nemesis', value: 'healed }' } }]);
  expect(rows(readTrace(`(${edn.replaceAll('\n', ' ').slice('; recorded'.length)})`, { keyed: true }).history)).toEqual(
    rows(keyed.history),
  );
});

test('a recorder may keep the key apart from the value', () => {
  const text = '{:process 0, :type :invoke, :f :put, :key "9", :value "x"}{:process 0, :type :ok, :f :put, :key "9", :value "x"}';
  expect(rows(readTrace(text).history)).toEqual(['0 put @"9" - "x" - ok']);
});

test('a set that was read is the list of its elements', () => {
  const text = '{:process 0 :type :invoke :f :read :value nil}{:process 0 :type :ok :f :read :value #{2 1}}';
  expect(rows(readTrace(text).history)).toEqual(['0 read - - [1,2] ok']);
});

test('transactions keep their micro-operations, with plain names', () => {
  const text =
    '{:process 0 :type :invoke :f :txn :value [[:r x nil] [:append 1 2]]}{:process 0 :type :ok :f :txn :value [[:r x [1]] [:append 1 2]]}';
  expect(rows(readTrace(text).history)).toEqual([
    '0 txn - [["r",{"$symbol":"x"},null],["append",1,2]] [["r",{"$symbol":"x"},[1]],["append",1,2]] ok',
  ]);
});

test.each([
  ['INFO  jepsen.util - 0\t:invok\t:read\tnil', 'LC_TRACE_SYNTAX in:1: :type must be :invoke, :ok, :fail or :info, not ":invok"'],
  [
    'INFO  x - y\n0\t:invoke\tread\tnil',
    'LC_TRACE_SYNTAX in:2: neither an operation (process :type :f value) nor a log line: "0\\t:invoke\\tread\\tnil"',
  ],
  ['INFO  jepsen.util - 0\t:invoke\t:write\t[1', 'LC_TRACE_SYNTAX in:1: [ is never closed, in the value "[1"'],
  ['INFO  jepsen.util - 0\t:invoke\t:write\t', 'LC_TRACE_SYNTAX in:1: the text ends where a form should be, in the value ""'],
  ['INFO  jepsen.util - 0\t:invoke\t:write\t1)', 'LC_TRACE_SYNTAX in:1: ")" follows the value, in the value "1)"'],
  ['INFO  x - y\nrubbish', 'LC_TRACE_SYNTAX in:2: neither an operation (process :type :f value) nor a log line: "rubbish"'],
  [
    'INFO  jepsen.util - 0\t:ok\t:read\t1',
    'LC_HISTORY_UNMATCHED in:1: process 0 completes read (ok), but it has no open operation; the invocations are needed, too',
  ],
  [
    'INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:invoke\t:read\tnil',
    'LC_HISTORY_OVERLAP in:2: process 0 invokes read while its read invoked at seq 0 is open',
  ],
  ['INFO  jepsen.util - 0\t:invoke\t:cas\t3', 'LC_TRACE_SYNTAX in:1: cas needs [expected, new], not 3'],
  [
    'INFO  jepsen.util - -1\t:invoke\t:cas\t3',
    'LC_TRACE_SYNTAX in:1: neither an operation (process :type :f value) nor a log line: "INFO  jepsen.util - -1\\t:invoke\\t:cas\\t3"',
  ],
  ['{:process 0 :type :invoke :f :read', 'LC_TRACE_SYNTAX in:1: the input ends inside the form "{:process 0 :type :invoke :f :read"'],
  ['[{:process 0 :type :invoke :f :read}', 'LC_TRACE_SYNTAX in:1: the input ends, but its first [ is never closed'],
  ['[] {}', 'LC_TRACE_SYNTAX in:1: expected a map such as {:process 0, :type :invoke, ...}, not "{}"'],
  ['{:process 0}\n:x', 'LC_TRACE_SYNTAX in:1: :type must be :invoke, :ok, :fail or :info, not absent'],
  ['{:process 0 :type :invoke :f :read}\n:x', 'LC_TRACE_SYNTAX in:2: expected a map such as {:process 0, :type :invoke, ...}, not ":x"'],
  ['{:process 0\n :type :invoke\n :f 1/0}', 'LC_TRACE_SYNTAX in:3: "1/0" divides by zero, in "{:process 0\\n :type :invoke\\n :f 1/0}"'],
  [
    '{:process 1.5 :type :invoke :f :read}',
    'LC_TRACE_SYNTAX in:1: :process must be an integer from 0 or a keyword such as :nemesis, not 1.5',
  ],
  [
    '{:process 0 :type :invoke :f :read :time 9000000000}{:process 0 :type :ok :f :read :time 7900000000}',
    'LC_HISTORY_TIME in:1: time 7900000000 ns comes after 9000000000 ns: time runs backwards',
  ],
  [
    '{:process 0 :type :invoke :f :read :index 1}{:process 0 :type :ok :f :read :index 1}',
    'LC_HISTORY_TIME in:1: :index 1 comes after :index 1: the order runs backwards',
  ],
  ['[#_]', 'LC_TRACE_SYNTAX in:1: expected a map such as {:process 0, :type :invoke, ...}, not "]"'],
  ['#{1 2}', 'LC_TRACE_SYNTAX in:1: expected a map such as {:process 0, :type :invoke, ...}, not {"$set":[1,2]}'],
])('refused: %j', (text, message) => {
  expect(refusal(text)).toBe(message);
});

test('a keyed history with a value that is no pair is refused', () => {
  expect(refusal('{:process 0 :type :invoke :f :read :value nil}', { keyed: true })).toBe(
    'LC_TRACE_SYNTAX in:1: :value must be [key value], as the history is keyed, not null',
  );
});

const shared = new URL('../../../shared/histories/', import.meta.url);

test('recorded etcd runs, where at hand, have the number of operations that their table says', () => {
  if (!existsSync(new URL('EXPECTED.tsv', shared))) {
    console.log('../shared/histories is not at hand: the recorded etcd runs were not read');
    return;
  }
  const [head, ...lines] = readFileSync(new URL('EXPECTED.tsv', shared), 'utf8').trim().split('\n');
  const columns = (head as string).split('\t');
  expect(lines.length).toBeGreaterThanOrEqual(30);
  for (const line of lines) {
    const fields = line.split('\t');
    const file = fields[columns.indexOf('file')] as string;
    const { history } = readTrace(readFileSync(new URL(file, shared)));
    expect([file, history.count]).toEqual([file, Number(fields[columns.indexOf('operations')])]);
  }
});
