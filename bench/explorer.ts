/**
 * The explorer: generated states a CPU-second on the abstract two-phase commit and on the `step` of full Raft, and the
 * time to find a bug that random runs hardly ever meet. CPU time of this process, medians of several runs after one to
 * warm up.
 */
import {
  explore,
  exploreProtocol,
  mutantNamed,
  OrderObserver,
  raftWorld,
  synodWorld,
  TwoPhaseSpecification,
  WorldModel,
} from '../src/simulator/index.ts';

export const name = 'explorer';

export interface Figure {
  metric: string;
  value: number;
  unit: string;
  bar?: string;
  note?: string;
}

function cpuSeconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1e6;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] as number;

function specification(runs: number): Figure[] {
  const figures: Figure[] = [];
  for (const [resourceManagers, expected] of [
    [3, 288],
    [5, 8_832],
    [8, 1_745_408],
  ] as const) {
    const unique = explore(new TwoPhaseSpecification(resourceManagers)).unique;
    figures.push({
      metric: `2PC, ${resourceManagers} resource managers: unique states`,
      value: unique,
      unit: 'states',
      bar: `= ${expected}`,
    });
  }
  let generated = 0;
  const seconds = Array.from({ length: runs }, () =>
    cpuSeconds(() => {
      generated = explore(new TwoPhaseSpecification(8)).generated;
    }),
  );
  figures.push({
    metric: '2PC, 8 resource managers: generated states',
    value: Math.round(generated / median(seconds)),
    unit: 'states/CPU-s',
    bar: '>= 3600000',
    note: `${generated} generated, exact comparison of states`,
  });
  return figures;
}

/** Three nodes, records durable at once, two time-outs, one crash, one proposal, breadth-first to a million states. */
function raft(runs: number): Figure[] {
  const { protocol, create, nodes, inputs } = raftWorld(3);
  let generated = 0;
  let unique = 0;
  let steps = 0;
  const seconds = Array.from({ length: runs + 1 }, () =>
    cpuSeconds(() => {
      const world = new WorldModel({
        name: 'raft',
        protocol,
        create,
        nodes,
        inputs: inputs.slice(0, 1),
        network: 'unordered',
        disk: 'instant',
        bounds: { timers: 2, crashes: 1, drops: 0, duplicates: 0 },
        observer: new OrderObserver(),
      });
      ({ generated, unique } = explore(world, { bounds: { states: 1_000_000 } }));
      steps = world.locals.steps;
    }),
  ).slice(1);
  return [
    {
      metric: 'Raft step, 3 nodes, 2 time-outs, 1 crash, 1 proposal: generated states',
      value: Math.round(generated / median(seconds)),
      unit: 'states/CPU-s',
      bar: '>= 300000',
      note: `${unique} unique of ${generated} generated; ${steps} steps made, the rest remembered`,
    },
  ];
}

/** Single-decree Paxos: two proposers of two ballots each, three acceptors, messages lost and out of order, nobody crashes. */
function synod(): Figure[] {
  let unique = 0;
  const wallMs = performance.now();
  const seconds = cpuSeconds(() => {
    unique = explore(new WorldModel(synodWorld(2, 2, 3))).unique;
  });
  return [
    { metric: 'single-decree Paxos, 2 proposers, 3 acceptors: unique states', value: unique, unit: 'states', bar: '= 493886' },
    {
      metric: 'to see them all',
      value: Math.round((performance.now() - wallMs) / 100) / 10,
      unit: 's',
      bar: '<= 60',
      note: `${seconds.toFixed(1)} CPU-s`,
    },
  ];
}

function bug(runs: number): Figure[] {
  const mutant = mutantNamed('vote-not-persisted');
  if (mutant === undefined || mutant === null) throw new Error('the zoo has no vote-not-persisted');
  const seconds = Array.from({ length: runs }, () => cpuSeconds(() => void exploreProtocol({ ...raftWorld(3, mutant.raft), seed: 1 })));
  return [{ metric: 'vote-not-persisted found breadth-first', value: median(seconds), unit: 'CPU-s', bar: '<= 1' }];
}

export async function run(): Promise<Figure[]> {
  return [...specification(5), ...raft(3), ...synod(), ...bug(5)];
}
