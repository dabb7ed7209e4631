/** What the subjects of all synchronous games have in common. They promise nothing about faults but liars: a fault is one. */
import type { NodeId, Schema, Value } from '../../../core/index.ts';
import { type Deal, GameClient, gameTimers, noRecord } from '../../../protocols/broadcast/index.ts';
import { generalGoals } from '../../coverage.ts';
import type { PlannedOperation } from '../../plan.ts';
import type { AnyNode, Goal, LyingSpeech, Settings, Subject } from '../../subject.ts';
import { drawGameSettings, type GameSettings, gameSettings } from './game-settings.ts';
import { type GamePromise, GameWatch } from './game-watch.ts';

export interface GameParts {
  readonly name: string;
  readonly message: Schema<unknown>;
  readonly speech: LyingSpeech | null;
  readonly deal: Deal;
  readonly goals: readonly Goal[];
  create(id: NodeId, peers: readonly NodeId[], settings: GameSettings): AnyNode;
  operation(planned: PlannedOperation): Value;
  /** Faulty players that are survived, liars or not. */
  survives(players: number, settings: GameSettings): number;
  rounds(players: number, settings: GameSettings): number;
  judge: GamePromise['judge'];
  /** `judge` asks what was said. */
  readonly listens?: boolean;
}

const commonGoals: readonly Goal[] = [
  { name: 'decided', about: 'a player decided' },
  { name: 'judged-with-faulty', about: 'a game was judged in which somebody was faulty' },
];

/** Without faults that it survives, and without leaders, few of the general goals can be reached. */
const beyondGames = (speech: LyingSpeech | null): readonly string[] =>
  ['epoch-changed-under-liar', ...generalGoals.map(({ name }) => name)].filter(
    (name) => speech === null || name !== 'liar-told-two-versions',
  );

const MOST_PATIENT_ROUNDS = 8;

const roundUs = ({ roundMs }: GameSettings): number => roundMs * 1000;

export function gameSubject(parts: GameParts, invariants: boolean): Subject {
  const survives = (players: number, settings: Settings): number => parts.survives(players, gameSettings(settings));
  // Clocks drift by up to a tenth, and the last player hears of a game some time after the first.
  const lastsUs = (players: number, settings: GameSettings): number => ((parts.rounds(players, settings) + 1) * roundUs(settings) * 5) / 4;
  return {
    name: parts.name,
    version: 1,
    message: parts.message,
    record: noRecord as Schema<unknown>,
    timers: gameTimers,
    model: null,
    withoutCas: true,
    operation: parts.operation,
    tolerates: () => [],
    ...(parts.speech === null ? {} : { speech: parts.speech, survivesLiars: survives }),
    create: (id, peers, settings) => parts.create(id, peers, gameSettings(settings)),
    client(id, players, settings, incarnation) {
      // At least one of them is honest, or there are no more honest ones.
      const most = survives(players.length, settings);
      const enough = Math.max(1, Math.min(most + 1, players.length - most));
      // Not as long as an election can last with no luck at all.
      const giveUpUs = Math.min(lastsUs(players.length, gameSettings(settings)), MOST_PATIENT_ROUNDS * roundUs(gameSettings(settings)));
      return new GameClient(id, { players, deal: parts.deal, enough, giveUpUs, incarnation }) as unknown as AnyNode;
    },
    drawSettings: drawGameSettings,
    invariants(reach, world, settings) {
      const own = gameSettings(settings);
      return new GameWatch(reach, world, {
        message: parts.message,
        listens: parts.listens === true,
        survives: (players) => parts.survives(players, own),
        lastsUs: (players) => lastsUs(players, own),
        judge: invariants ? parts.judge : () => null,
      });
    },
    mayStall(world, _beliefs, core) {
      const missing = world.servers.length - core.length;
      const most = survives(world.servers.length, world.plan.settings);
      if (most === 0 && Math.max(world.plan.links.lossPpm, world.plan.clientLinks.lossPpm) > 0)
        return 'messages are lost, which is a fault here, and none is survived';
      return missing > most ? `${missing} of ${world.servers.length} players are out of reach, and ${most} are survived` : null;
    },
    goals: [...commonGoals.filter(({ name }) => parts.speech !== null || name === 'decided'), ...parts.goals],
    beyond: beyondGames(parts.speech),
  };
}
