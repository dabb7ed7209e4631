/** Runs the bank: transfers and audits, a coordinator that dies in the middle, and the books at the end. */
import { type Doubt, DoubtWatch, tellDoubt } from 'lightcone/protocols/commit';
import { drawPlan, simulate, type World } from 'lightcone/simulator';
import { bankSubject, TOTAL, totalOf } from './bank.ts';

const seed = Number(process.argv[2] ?? 1);
/** Whoever coordinated last dies, four times; its shard elects another leader, who goes on from the log. */
const KILLS_AT_MS = [1500, 2500, 3500, 4500];
const DOWN_MS = 700;

let [commits, aborts, audits] = [0, 0, 0];
const doubts = new DoubtWatch();
const decided = new Set<string>();
const subject = bankSubject((_node, kind, tx) => {
  if (decided.has(tx as string)) return;
  decided.add(tx as string);
  if (kind === 'commit') commits += 1;
  else aborts += 1;
});

const drawn = drawPlan(subject, seed);
const links = { minUs: 200, maxUs: 1500, tailPpm: 0, tailUs: 0, lossPpm: 5000, duplicatePpm: 5000, reorderPpm: 50_000 };
const plan = {
  ...drawn,
  nodes: 6,
  clients: 4,
  durationMs: 6000,
  links,
  clientLinks: { ...links, lossPpm: 0, duplicatePpm: 0 },
  disk: { syncMinUs: 100, syncMaxUs: 2000 },
  clockOffsetUs: 0,
  clockDriftPpm: 0,
  encoded: false,
  workload: {
    ...drawn.workload,
    keys: 8,
    readPpm: 400_000,
    casPpm: 0,
    adminPpm: 0,
    readers: 0,
    thinkMinUs: 1000,
    thinkMaxUs: 10_000,
    staleReads: false,
  },
  faults: KILLS_AT_MS.map((atMs) => ({ fault: 'kill', node: 'leader', atMs, forMs: DOWN_MS }) as const),
  liveness: { commits: 20, boundMs: 10_000, freeze: 'nobody' } as const,
};

let world: World | null = null;
const lines: string[] = [];
const at = (): string => `${((world?.now ?? 0) / 1_000_000).toFixed(3)} s`;
const observer = {
  begin: (begun: unknown) => {
    world = begun as World;
  },
  believed: (node: number, kind: string, value: never) => {
    if (kind === 'x-in-doubt') doubts.believed(node, value, world?.now ?? 0);
  },
  fault: (phase: string, fault: string, detail: { readonly node?: string }) =>
    void lines.push(`${at()}  ${fault} of ${detail.node}, which coordinated last, ${phase === 'start' ? 'begins' : 'is over'}`),
  operation: ({ phase, f }: { readonly phase: string; readonly f: string }) => void (phase === 'ok' && f === 'read' && audits++),
  sent() {},
  dropped() {},
  delivered() {},
  indicated() {},
  note() {},
};
const result = simulate(subject, plan, { observer: observer as never });

console.log(`Seed ${seed}: two shards of three nodes each, ${TOTAL} in eight accounts; 4 clients transfer and audit for 6 s.`);
for (const line of lines) console.log(line);
const length = ({ sinceUs, untilUs }: Doubt): number => (untilUs ?? Number.POSITIVE_INFINITY) - sinceUs;
const long = [...doubts.doubts()].sort((a, b) => length(b) - length(a));
console.log(`${long.length} times a shard was in doubt, waiting for the other one; the longest:`);
for (const doubt of long.slice(0, 4)) console.log(`  ${tellDoubt(doubt)}`);
console.log(`${commits} transactions committed, ${aborts} aborted; ${audits} audits, each of all accounts at one moment.`);
console.log(`All accounts together at the end: ${world === null ? '?' : totalOf(world)} of ${TOTAL}.`);
console.log(result.violation === null ? 'PASS total-money' : `FAIL ${result.violation.invariant}: ${result.violation.message}`);
process.exitCode = result.violation === null ? 0 : 1;
