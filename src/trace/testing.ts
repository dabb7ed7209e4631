/** Random and damaged inputs for the readers' tests and campaign: whatever comes, only a view or a LightconeError may come out. */
import { LightconeError, Random } from '../core/index.ts';
import { NONE, OK, type OperationRecord, TraceReader, type TraceView, type ViewReadOptions } from './index.ts';

interface Half {
  readonly phase: OperationRecord['phase'];
  readonly process: number;
  readonly f: string;
}

const functions = ['read', 'write', 'cas'] as const;
const phases = ['invoke', 'ok', 'fail', 'info'] as const;
const pieces = [
  '{',
  '}',
  '[',
  ']',
  '(',
  '"',
  '\\',
  '\n',
  '\r',
  ':',
  '#',
  '#_',
  ';',
  ',',
  '9',
  '-',
  '.',
  '\t',
  ' ',
  'nil',
  '\u0000',
  'é',
  '\ud83d\udf1a',
  '\ud800',
  '',
];
const options: readonly ViewReadOptions[] = [
  {},
  {},
  { format: 'lightcone' },
  { format: 'jepsen-edn' },
  { format: 'jepsen-edn', keyed: true },
  { format: 'jepsen-log' },
  { format: 'jepsen-json' },
  { format: 'jepsen-json', keyed: false },
  { format: 'porcupine' },
];

/** Whole operations one after the other, or halves in any order, which are mostly no history. */
function randomHalves(random: Random): Half[] {
  const halves: Half[] = [];
  const whole = random.below(3) > 0;
  for (let left = random.below(8); left > 0; left--) {
    const [process, f] = [random.below(4), random.pick(functions)];
    if (whole) halves.push({ phase: 'invoke', process, f }, { phase: random.pick(['ok', 'ok', 'fail'] as const), process, f });
    else halves.push({ phase: random.pick(phases), process, f });
  }
  return halves;
}

const renderers: readonly ((halves: readonly Half[]) => string)[] = [
  (halves) =>
    [
      '{"type":"header","trace":1}',
      ...halves.map((half, seq) => JSON.stringify({ type: 'op', seq, timeNs: 5 * seq, ...half, value: [1, 'é'] })),
    ].join('\n'),
  (halves) => {
    const maps = halves.map(
      ({ process, phase, f }, i) => `{:process ${process}, :type :${phase}, :f :${f}, :value [1 "a\\n"], :time ${i}}`,
    );
    return `[${maps.join('\n ')}]`;
  },
  (halves) => {
    const objects = halves.map(({ process, phase, f }, time) => JSON.stringify({ process, type: phase, f, value: [1, 'a\n'], time }));
    return `[${objects.join(',\n')}]`;
  },
  (halves) =>
    halves.map(({ phase, f }) => `{:type :${phase}, :f :${f}, :value ${f === 'read' ? '[1 nil]' : '[[:w 1 2] [:r 1 nil]]'}}`).join('\n'),
  (halves) =>
    halves
      .map(({ process, phase, f }) => `{:process ${process}, :type :${phase}, :f :${f === 'cas' ? 'get' : 'put'}, :key "1", :value "x"}`)
      .join('\n'),
  (halves) => halves.map(({ process, phase, f }) => `INFO  jepsen.util - ${process}\t:${phase}\t:${f}\t[1 2]\n`).join(''),
];

function damage(text: string, random: Random): string {
  let result = text;
  for (let left = random.below(5); left > 0 && result.length > 0; left--) {
    const at = random.below(result.length);
    result = result.slice(0, at) + random.pick(pieces) + result.slice(at + random.below(5));
  }
  return result;
}

function mustHold(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** What the columns of every history keep. */
function checkColumns({ history }: TraceView): void {
  for (let row = 0; row < history.count; row++) {
    mustHold((history.argument[row] as number) < history.values.length, `row ${row}: an argument that is no value`);
    mustHold(history.status[row] === OK || history.result[row] === NONE, `row ${row}: a result without ok`);
    mustHold((history.complete[row] as number) > (history.invoke[row] as number), `row ${row}: completed before it was invoked`);
  }
}

/** `accepted N`, or code and sentence of the refusal; anything else that is thrown goes through. */
function outcome(input: string | Uint8Array, pieceSize: number, options: ViewReadOptions): string {
  try {
    const reader = new TraceReader({ source: 'in', ...options });
    for (let at = 0; at < input.length; at += pieceSize) reader.feed(input.slice(at, at + pieceSize));
    const view = reader.end();
    checkColumns(view);
    return `accepted ${view.history.count}`;
  } catch (error) {
    if (!(error instanceof LightconeError)) throw error;
    mustHold(/^in(?::\d+)?: /.test(error.message) && error.exit === 2, `a refusal without its source: ${error.code} ${error.message}`);
    return `${error.code} ${error.message}`;
  }
}

/**
 * Reads `runs` damaged inputs of all formats, each in pieces and whole, and `runs` strings of random bytes; how many
 * inputs were accepted. Throws on what must not be, with the seed that repeats it.
 */
export function fuzzReaders(runs: number, firstSeed: number): number {
  let accepted = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = new Random(seed);
    const text = damage(random.pick(renderers)(randomHalves(random)), random);
    const option = random.pick(options);
    const size = random.pick([1, 5, 64]);
    const bytes = Uint8Array.from({ length: random.below(200) }, () => random.below(256));
    try {
      const whole = outcome(text, text.length + 1, option);
      const inPieces = outcome(text, size, option);
      mustHold(inPieces === whole, `whole: ${whole}\nin pieces of ${size}: ${inPieces}`);
      if (whole.startsWith('accepted')) accepted++;
      outcome(bytes, 50, option);
    } catch (error) {
      throw new Error(`fuzzReaders(1, ${seed}) fails on ${JSON.stringify(text)} as ${JSON.stringify(option)}`, { cause: error });
    }
  }
  return accepted;
}
