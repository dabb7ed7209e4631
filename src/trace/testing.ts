/** Random and damaged inputs for the readers' tests and campaign: whatever comes, only a view or a LightconeError may come out. */
import fc from 'fast-check';
import { LightconeError } from '../core/index.ts';
import { NONE, OK, type OperationRecord, TraceReader, type TraceView, type ViewReadOptions } from './index.ts';

const header = '{"type":"header","trace":1}\n';

/** Halves of operations, in any order: mostly no history. */
const halves = fc.array(
  fc.record({
    seq: fc.constant(0),
    phase: fc.constantFrom<OperationRecord['phase']>('invoke', 'ok', 'fail', 'info'),
    process: fc.nat(3),
    f: fc.constantFrom('read', 'write', 'cas'),
    value: fc.constantFrom(null, 1, 'a', [1, 2], { a: [] }),
  }),
  { maxLength: 12 },
);
/** Whole operations, one after the other. */
const whole = fc
  .array(
    fc.tuple(fc.nat(3), fc.constantFrom('read', 'write', 'cas'), fc.constantFrom<OperationRecord['phase']>('ok', 'ok', 'ok', 'fail')),
    { maxLength: 6 },
  )
  .map((operations) =>
    operations.flatMap(([process, f, phase]) => [
      { seq: 0, phase: 'invoke' as const, process, f, value: [1, 2] },
      { seq: 0, phase, process, f, value: [1, 2] },
    ]),
  );
const someOperations = fc.oneof(halves, whole);
const validTrace = someOperations.map(
  (operations) => header + operations.map((op, seq) => JSON.stringify({ type: 'op', ...op, seq })).join('\n'),
);
const validEdn = someOperations.map(
  (operations) =>
    `[${operations.map((op, i) => `{:process ${op.process}, :type :${op.phase}, :f :${op.f}, :value ${op.f === 'cas' ? '[1 2]' : '"a\\n"'}, :time ${i}}`).join('\n ')}]`,
);
const validLog = someOperations.map((operations) =>
  operations.map((op) => `INFO  jepsen.util - ${op.process}\t:${op.phase}\t:${op.f}\t${op.f === 'cas' ? '[1 2]' : 'nil'}\n`).join(''),
);

const mutation = fc.record({
  at: fc.nat(2000),
  cut: fc.nat(4),
  put: fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('{', '}', '[', '"', '\\', '\n', ':', '#', '9', '-', '\t')),
});
/** Inputs of all formats, some whole, most damaged in a few places. */
const damaged = fc.tuple(fc.oneof(validTrace, validEdn, validLog), fc.array(mutation, { maxLength: 4 })).map(([text, mutations]) => {
  let result = text;
  for (const { at, cut, put } of mutations) {
    const from = result.length === 0 ? 0 : at % result.length;
    result = result.slice(0, from) + put + result.slice(from + cut);
  }
  return result;
});

const readOptions = fc.constantFrom<ViewReadOptions>(
  {},
  {},
  { format: 'lightcone' },
  { format: 'jepsen-edn' },
  { format: 'jepsen-edn', keyed: true },
  { format: 'jepsen-log' },
);

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

/** Reads `runs` damaged inputs, in pieces and whole, and half as many random byte strings; how many inputs were accepted. Throws on what must not be. */
export function fuzzReaders(runs: number): number {
  let accepted = 0;
  const property = fc.property(damaged, fc.constantFrom(1, 5, 64), readOptions, (text, size, options) => {
    const whole = outcome(text, text.length + 1, options);
    const inPieces = outcome(text, size, options);
    mustHold(inPieces === whole, `whole: ${whole}\nin pieces of ${size}: ${inPieces}`);
    if (whole.startsWith('accepted')) accepted++;
  });
  fc.assert(property, { numRuns: runs });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), readOptions, (bytes, options) => void outcome(bytes, 50, options)),
    { numRuns: runs / 2 },
  );
  return accepted;
}
