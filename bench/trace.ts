/** A register history of a million operations: written, read into columns, and from its file to the verdict. CPU time, medians of three runs. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../src/core/index.ts';
import { checkHistory } from '../src/runner/index.ts';
import { type OperationRecord, TraceReader, TraceWriter } from '../src/trace/index.ts';
import { cpuSeconds, type Figure, median } from './measure.ts';

export const name = 'trace';

/** A linearizable register history with unique writes by `clients` concurrent processes, streamed to `file`. */
export function writeRegisterTrace(file: string, operations: number, clients: number, seed: number): void {
  const random = new Random(seed);
  const out = openSync(file, 'w');
  const writer = new TraceWriter((text) => writeSync(out, text));
  writer.write({ type: 'header', trace: 1, seed, source: 'bench/trace.ts', model: 'register', initial: 0 });
  let seq = 0;
  let timeNs = 0;
  let held = 0;
  let begun = 0;
  const open: ({ readonly f: 'read' | 'write'; value: number; done: boolean } | null)[] = new Array(clients).fill(null);
  const write = (phase: OperationRecord['phase'], process: number, f: string, value?: number): void => {
    timeNs += 1000 + random.below(9000);
    writer.write({ type: 'op', seq: seq++, timeNs, phase, process, f, ...(value === undefined ? {} : { value }) });
  };
  for (let left = operations; left > 0; ) {
    const process = random.below(clients);
    const operation = open[process];
    if (operation === null || operation === undefined) {
      if (begun === operations) continue;
      begun++;
      const f = random.below(2) === 0 ? 'read' : 'write';
      const value = f === 'write' ? begun : 0;
      open[process] = { f, value, done: false };
      write('invoke', process, f, f === 'write' ? value : undefined);
    } else if (!operation.done) {
      if (operation.f === 'write') held = operation.value;
      else operation.value = held;
      operation.done = true;
    } else {
      write('ok', process, operation.f, operation.f === 'read' ? operation.value : undefined);
      open[process] = null;
      left--;
    }
  }
  writer.end();
  closeSync(out);
}

function readFile(file: string): number {
  const reader = new TraceReader({ source: file });
  const input = openSync(file, 'r');
  const chunk = new Uint8Array(1 << 18);
  for (let n = readSync(input, chunk); n > 0; n = readSync(input, chunk)) reader.feed(chunk.subarray(0, n));
  closeSync(input);
  return reader.end().history.count;
}

export async function run(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-bench-'));
  const file = join(folder, 'register.jsonl');
  const operations = 1_000_000;
  try {
    const writing = cpuSeconds(() => writeRegisterTrace(file, operations, 50, 1));
    const times = [1, 2, 3].map(() =>
      cpuSeconds(() => {
        if (readFile(file) !== operations) throw new Error('operations were lost');
      }),
    );
    const verdicts: number[] = [];
    for (let i = 0; i < 3; i++) {
      const before = process.cpuUsage();
      const { verdict } = await checkHistory({ path: file });
      const used = process.cpuUsage(before);
      if (verdict !== 'pass') throw new Error(`the verdict is ${verdict}`);
      verdicts.push((used.user + used.system) / 1e6);
    }
    const megabytes = Math.round(statSync(file).size / 1e6);
    const note = `${megabytes} MB, 50 clients`;
    return [
      { metric: 'write a register trace of 1,000,000 operations', value: writing, unit: 'CPU s', note },
      { metric: 'read it into columns', value: median(times), unit: 'CPU s', bar: '<= 5', note },
      { metric: 'from its file to the verdict', value: median(verdicts), unit: 'CPU s', bar: '<= 8', note: 'checkHistory: linearizable' },
      {
        metric: 'peak resident memory of the process',
        value: Math.round(process.resourceUsage().maxRSS / 1024),
        unit: 'MiB',
        bar: '<= 600',
      },
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
