/**
 * Three-phase commit (Skeen, "Nonblocking commit protocols", 1981; Skeen, Stonebraker 1983; Bernstein et al. 1987, 7.5). A
 * phase between voting and commit, so that nobody is committed while somebody who is up may still abort: when the
 * coordinator fails, those that are up decide at once. It rests on time-outs that tell the failed from the slow, and
 * is unsafe where they cannot: under partitions two halves decide differently.
 */
import type { Input, NodeId, Protocol, Value, Writer } from '../../../core/index.ts';
import type { Change, Coordinated, Participated } from '../ledger.ts';
import type { CommitIndication, OutOf } from '../site.ts';
import { type CommitRecord, keyOf, type Site, type TransactionId } from '../transaction.ts';
import {
  type PrecommittedRecord,
  type SiteState,
  type ThreePhaseConfig,
  type ThreePhaseMessage,
  type ThreePhaseRecord,
  threePhaseMessages,
  threePhaseRecords,
} from './message.ts';
import { type Report, ThreePhaseDecisions } from './three-phase-decisions.ts';

const COORDINATE = 0;
const TERMINATE = 1;
export const threePhaseTimers: readonly string[] = ['coordinate', 'terminate'];

type Out = OutOf<ThreePhaseMessage, PrecommittedRecord>;
type Of<T extends ThreePhaseMessage['type']> = Extract<ThreePhaseMessage, { readonly type: T }>;

/** What the coordinator knows of a transaction under way and forgets in a crash. */
interface Phase {
  readonly phase: 1 | 2;
  readonly heard: ReadonlySet<Site>;
  readonly reminders: number;
}

/** How a participant waits for a decision. */
interface Wait {
  /** It has failed since it voted. */
  readonly recovered: boolean;
  /** Time-outs since the last word of the coordinator, or of who took over. */
  readonly waited: number;
  /** Time-outs since it asks for states; -1: it does not. */
  readonly asking: number;
  readonly reports: ReadonlyMap<Site, Report>;
  /** It has taken over: who has acknowledged its precommit, of whom, and time-outs since. */
  readonly backup: { readonly of: readonly Site[]; readonly acknowledged: ReadonlySet<Site>; readonly reminders: number } | null;
}

const patient: Wait = { recovered: false, waited: 0, asking: -1, reports: new Map(), backup: null };

export class ThreePhaseCommit extends ThreePhaseDecisions {
  protected readonly records = threePhaseRecords;
  #phases = new Map<string, Phase>();
  #waits = new Map<string, Wait>();

  step(input: Input<ThreePhaseMessage, ThreePhaseRecord>, out: Out): void {
    switch (input.kind) {
      case 'message':
        this.receive(this.siteOf(input.from), input.message, out);
        break;
      case 'timer':
        this.#tick(input.timer, out);
        break;
      case 'request':
        this.request(input, out);
        break;
      default:
        this.logInput(input, out);
    }
    this.drain(out);
    const againUs = input.now + this.config.retryUs;
    this.arm(COORDINATE, this.ledger.open.size > 0, againUs, out);
    this.arm(TERMINATE, this.ledger.inDoubt.size > 0, againUs, out);
  }

  protected override fold(record: ThreePhaseRecord): Change {
    if (record.type === 'precommitted') {
      if (this.ledger.inDoubt.has(keyOf(record.tx))) this.precommitted.add(keyOf(record.tx));
      return null;
    }
    if (record.type === 'snapshot') {
      const [ledger, precommitted] = record.ledger as [Value, readonly string[]];
      this.ledger.restore(ledger);
      this.precommitted = new Set(precommitted);
      return null;
    }
    const change = this.ledger.apply(record);
    if (record.type === 'finished') this.precommitted.delete(keyOf(record.tx));
    return change;
  }

  protected snapshot(): CommitRecord {
    return { type: 'snapshot', ledger: [this.ledger.snapshot(false), [...this.precommitted].sort()] };
  }

  protected override react(record: ThreePhaseRecord, change: Change, out: Out): void {
    if (record.type === 'precommitted') return this.#precommitted(record.tx, out);
    if (record.type === 'begin' && change === null) return this.answerKnown(record.session, record.id, out);
    switch (change?.what) {
      case 'begun':
        this.coordinate(out);
        return this.#invite(change.coordinated, out);
      case 'session':
        return this.answer(0, change.id, { outcome: 'ok', value: change.session }, out);
      case 'decided':
        return this.#decided(change.coordinated, out);
      case 'prepared':
      case 'refused':
        return this.#voted(change.participated, out);
      case 'finished':
        return this.#finished(change.participated, out);
    }
  }

  /** Whoever was down does not decide: it asks. */
  protected resume(out: Out): void {
    for (const participated of this.ledger.doubted()) {
      this.#waits.set(keyOf(participated.tx), { ...patient, recovered: true, asking: 0 });
      this.#ask(participated, out);
    }
  }

  // The coordinator.

  #phaseOf(tx: TransactionId): Phase {
    return this.#phases.get(keyOf(tx)) ?? { phase: 1, heard: new Set(), reminders: 0 };
  }

  /** Phase one or two: ask every site that has not answered. */
  #invite({ tx, parts, sites }: Coordinated, out: Out): void {
    const { phase, heard } = this.#phaseOf(tx);
    for (const { site, writes } of parts) {
      if (!heard.has(site)) this.tell(site, phase === 1 ? { type: 'prepare', tx, sites, writes } : { type: 'precommit', tx }, out);
    }
  }

  #vote(from: Site, { tx, yes }: Of<'vote'>, out: Out): void {
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    if (coordinated?.state !== 'voting') return yes && coordinated !== undefined ? this.#tellOutcome(from, tx, out) : undefined;
    const { phase, heard, reminders } = this.#phaseOf(tx);
    if (phase !== 1) return;
    if (this.abortsOn(yes)) return this.#decide(coordinated, false, out);
    const all = new Set([...heard, from]);
    this.#phases.set(keyOf(tx), { phase: 1, heard: all, reminders });
    if (!this.mayPrecommit(coordinated, all) || this.inFlight.has(`coordinator ${keyOf(tx)}`)) return;
    this.#phases.set(keyOf(tx), { phase: 2, heard: new Set(), reminders: 0 });
    this.#invite(coordinated, out);
  }

  #ack(from: Site, { tx }: Of<'ack'>, out: Out): void {
    this.#acknowledgedBackup(from, tx, out);
    const coordinated = this.ledger.coordinated.get(keyOf(tx));
    const { phase, heard, reminders } = this.#phaseOf(tx);
    if (coordinated?.state !== 'voting' || phase !== 2) return;
    const all = new Set([...heard, from]);
    this.#phases.set(keyOf(tx), { phase, heard: all, reminders });
    if (this.mayCommit(coordinated.sites, all, reminders)) this.#decide(coordinated, true, out);
  }

  #decide({ tx, sites, session, id }: Coordinated, commit: boolean, out: Out): void {
    this.log('coordinator', { type: 'decided', tx, commit, sites, session, id }, out);
  }

  #decided({ tx, sites, session, id, state }: Coordinated, out: Out): void {
    const commit = state === 'committed';
    this.#phases.delete(keyOf(tx));
    this.believe(tx, commit, 'coordinator', out);
    this.answer(session, id, { outcome: 'ok', value: commit ? 'commit' : 'abort' }, out);
    for (const site of sites) this.tell(site, { type: 'decision', tx, commit }, out);
  }

  #remind(coordinated: Coordinated, out: Out): void {
    const { tx, sites } = coordinated;
    const { phase, heard, reminders } = this.#phaseOf(tx);
    this.#phases.set(keyOf(tx), { phase, heard, reminders: reminders + 1 });
    if (phase === 2 && this.mayCommit(sites, heard, reminders + 1)) this.#decide(coordinated, true, out);
    else if (phase === 1 && this.hasFailed(reminders + 1)) this.#decide(coordinated, false, out);
    else this.#invite(coordinated, out);
  }

  // The participant.

  #waitOf(tx: TransactionId): Wait {
    return this.#waits.get(keyOf(tx)) ?? patient;
  }

  #prepare(from: Site, { tx, sites, writes }: Of<'prepare'>, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (known !== undefined || this.ledger.forgotten(tx)) return this.tell(from, { type: 'vote', tx, yes: this.voteAgain(known) }, out);
    if (this.inFlight.has(`participant ${keyOf(tx)}`)) return;
    const yes = this.votesYes(tx, writes, out);
    this.log('participant', yes ? { type: 'prepared', tx, sites, writes } : { type: 'finished', tx, commit: false }, out);
  }

  #voted({ tx, state }: Participated, out: Out): void {
    const yes = state === 'prepared';
    if (!yes) this.believe(tx, false, 'participant', out);
    this.tell(tx.coordinator, { type: 'vote', tx, yes }, out);
  }

  #precommit(from: Site, { tx }: Of<'precommit'>, out: Out): void {
    const known = this.ledger.participated.get(keyOf(tx));
    if (!this.acceptsPrecommit(known)) return known === undefined ? undefined : this.#tellOutcome(from, tx, out);
    this.#waits.set(keyOf(tx), { ...this.#waitOf(tx), waited: 0, asking: this.#waitOf(tx).recovered ? 0 : -1 });
    if (this.precommitted.has(keyOf(tx))) this.tell(from, { type: 'ack', tx }, out);
    else if (!this.inFlight.has(`precommit ${keyOf(tx)}`)) {
      this.inFlight.add(`precommit ${keyOf(tx)}`);
      this.#askers.set(keyOf(tx), from);
      this.write({ type: 'precommitted', tx }, out);
    }
  }

  /** Who asked for the precommit that is on its way to the disk. */
  #askers = new Map<string, Site>();

  #precommitted(tx: TransactionId, out: Out): void {
    const key = keyOf(tx);
    this.inFlight.delete(`precommit ${key}`);
    const asker = this.#askers.get(key) ?? tx.coordinator;
    this.#askers.delete(key);
    if (this.precommitted.has(key)) this.tell(asker, { type: 'ack', tx }, out);
  }

  #decision({ tx, commit }: Of<'decision'>, out: Out): void {
    if (this.carriesOut(this.ledger.participated.get(keyOf(tx)))) this.log('participant', { type: 'finished', tx, commit }, out);
  }

  #finished({ tx, sites, state }: Participated, out: Out): void {
    const commit = state === 'committed';
    const { backup } = this.#waitOf(tx);
    this.#waits.delete(keyOf(tx));
    this.believe(tx, commit, 'participant', out);
    if (backup !== null)
      for (const site of this.groupOf(tx, sites)) if (site !== this.site) this.tell(site, { type: 'decision', tx, commit }, out);
  }

  // Termination.

  #stateOf(tx: TransactionId): SiteState {
    const key = keyOf(tx);
    const coordinated = this.ledger.coordinated.get(key);
    if (coordinated !== undefined && coordinated.state !== 'voting') return coordinated.state;
    const participated = this.ledger.participated.get(key);
    if (participated !== undefined && participated.state !== 'prepared') return participated.state;
    if (coordinated !== undefined) return 'coordinating';
    if (participated === undefined) return 'unknown';
    return this.precommitted.has(key) ? 'precommitted' : 'uncertain';
  }

  #tellOutcome(to: Site, tx: TransactionId, out: Out): void {
    const state = this.#stateOf(tx);
    if (state === 'committed' || state === 'aborted') this.tell(to, { type: 'decision', tx, commit: state === 'committed' }, out);
  }

  #inquired(from: Site, { tx, sites }: Of<'inquire'>, out: Out): void {
    const state = this.#stateOf(tx);
    if (state === 'committed' || state === 'aborted') return this.#tellOutcome(from, tx, out);
    if (state === 'unknown' && this.ledger.forgotten(tx)) return;
    if (state === 'unknown' && sites.includes(this.site)) {
      if (this.refusesOnInquiry()) this.log('participant', { type: 'finished', tx, commit: false }, out);
      return;
    }
    // A coordinator that knows nothing of it has been down.
    const recovered = state === 'unknown' || this.#waitOf(tx).recovered;
    this.tell(from, { type: 'state', tx, state, recovered }, out);
  }

  #ask({ tx, sites }: Participated, out: Out): void {
    for (const site of this.groupOf(tx, sites)) if (site !== this.site) this.tell(site, { type: 'inquire', tx, sites }, out);
  }

  #state(from: Site, { tx, state, recovered }: Of<'state'>): void {
    const wait = this.#waitOf(tx);
    if (wait.asking >= 0) this.#waits.set(keyOf(tx), { ...wait, reports: new Map([...wait.reports, [from, { state, recovered }]]) });
  }

  /** One time-out of a participant in doubt. */
  #wait(participated: Participated, out: Out): void {
    const { tx } = participated;
    const key = keyOf(tx);
    const wait = this.#waitOf(tx);
    if (wait.backup !== null) return this.#remindBackup(participated, wait, out);
    const next: Wait = { ...wait, waited: wait.waited + 1, asking: wait.asking < 0 ? -1 : wait.asking + 1 };
    this.#waits.set(key, next);
    if (next.recovered) return this.#recover(participated, next, out);
    if (next.asking < 0) {
      // Perhaps its decision was lost.
      if (!this.missesCoordinator(next.waited)) return this.tell(tx.coordinator, { type: 'inquire', tx, sites: participated.sites }, out);
      this.#waits.set(key, { ...next, asking: 0, reports: new Map() });
      return this.#ask(participated, out);
    }
    if (this.hasFailed(next.asking)) this.#terminate(participated, next, out);
    else this.#ask(participated, out);
  }

  /** All that are up have said in which state they are. */
  #terminate(participated: Participated, wait: Wait, out: Out): void {
    const { tx } = participated;
    const counted = [...wait.reports].filter(([, report]) => this.counts(report));
    const alive = counted.map(([site]) => site);
    // The coordinator lives after all, or another one is to decide: wait for it.
    if (counted.some(([, { state }]) => state === 'coordinating') || !this.isBackup(alive)) {
      this.#waits.set(keyOf(tx), { ...patient, recovered: wait.recovered });
      return;
    }
    const states = [this.#stateOf(tx), ...counted.map(([, { state }]) => state)];
    this.#takeOver(participated, wait, this.terminate(states), alive, out);
  }

  /** Whoever was down asks until somebody knows, or until all are back and nobody does. */
  #recover(participated: Participated, wait: Wait, out: Out): void {
    const { tx, sites } = participated;
    const group = this.groupOf(tx, sites);
    if (!this.resolvesTotalFailure(group, wait.reports) || !this.isBackup(sites)) return this.#ask(participated, out);
    const states = [this.#stateOf(tx), ...[...wait.reports].filter(([site]) => sites.includes(site)).map(([, { state }]) => state)];
    const outcome = this.terminate(states);
    this.#takeOver(participated, wait, outcome === 'precommit' ? 'commit' : outcome, [], out);
  }

  #takeOver({ tx }: Participated, wait: Wait, outcome: 'commit' | 'abort' | 'precommit', alive: readonly Site[], out: Out): void {
    const own = outcome === 'precommit' && !this.precommitted.has(keyOf(tx)) ? [this.site] : [];
    this.#waits.set(keyOf(tx), { ...wait, backup: { of: [...alive, ...own], acknowledged: new Set(), reminders: 0 } });
    if (outcome !== 'precommit') return this.log('participant', { type: 'finished', tx, commit: outcome === 'commit' }, out);
    for (const site of [...alive, ...own]) this.tell(site, { type: 'precommit', tx }, out);
    if (alive.length + own.length === 0) this.log('participant', { type: 'finished', tx, commit: true }, out);
  }

  #acknowledgedBackup(from: Site, tx: TransactionId, out: Out): void {
    const wait = this.#waitOf(tx);
    if (wait.backup === null || !this.ledger.inDoubt.has(keyOf(tx))) return;
    const { of, acknowledged, reminders } = wait.backup;
    const all = new Set([...acknowledged, from]);
    this.#waits.set(keyOf(tx), { ...wait, backup: { of, acknowledged: all, reminders } });
    if (this.mayCommit(of, all, reminders)) this.log('participant', { type: 'finished', tx, commit: true }, out);
  }

  #remindBackup({ tx }: Participated, wait: Wait, out: Out): void {
    const { of, acknowledged, reminders } = wait.backup as NonNullable<Wait['backup']>;
    if (this.inFlight.has(`participant ${keyOf(tx)}`)) return;
    this.#waits.set(keyOf(tx), { ...wait, backup: { of, acknowledged, reminders: reminders + 1 } });
    if (this.mayCommit(of, acknowledged, reminders + 1)) return this.log('participant', { type: 'finished', tx, commit: true }, out);
    for (const site of of) if (!acknowledged.has(site)) this.tell(site, { type: 'precommit', tx }, out);
  }

  protected handle(from: Site, message: ThreePhaseMessage, out: Out): void {
    switch (message.type) {
      case 'prepare':
        return this.#prepare(from, message, out);
      case 'vote':
        return this.#vote(from, message, out);
      case 'precommit':
        return this.#precommit(from, message, out);
      case 'ack':
        return this.#ack(from, message, out);
      case 'decision':
        return this.#decision(message, out);
      case 'inquire':
        return this.#inquired(from, message, out);
      case 'state':
        return this.#state(from, message);
    }
  }

  #tick(timer: number, out: Out): void {
    this.armed[timer] = false;
    if (timer === COORDINATE) for (const coordinated of this.ledger.pending()) this.#remind(coordinated, out);
    else for (const participated of this.ledger.doubted()) this.#wait(participated, out);
  }

  /** Whether this site has been down since it voted, and so may have to wait for others. */
  hasRecovered(tx: TransactionId): boolean {
    return this.#waitOf(tx).recovered;
  }

  clone(): ThreePhaseCommit {
    const NodeClass = this.constructor as new (id: NodeId, peers: readonly NodeId[], config: ThreePhaseConfig) => ThreePhaseCommit;
    const copy = new NodeClass(this.id, this.peers, this.threePhaseConfig);
    this.copyInto(copy);
    copy.precommitted = new Set(this.precommitted);
    copy.#phases = new Map(this.#phases);
    copy.#waits = new Map(this.#waits);
    copy.#askers = new Map(this.#askers);
    return copy;
  }

  override encode(w: Writer): void {
    super.encode(w);
    const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : 1);
    const ascending = (some: ReadonlySet<Site>): Site[] => [...some].sort((a, b) => a - b);
    w.value([...this.precommitted].sort());
    w.value([...this.#phases].sort(byKey).map(([key, { phase, heard, reminders }]) => [key, phase, ascending(heard), reminders]));
    const waits = [...this.#waits].sort(byKey).map(([key, { recovered, waited, asking, reports, backup }]) => {
      const said = [...reports].sort((a, b) => a[0] - b[0]).map(([site, report]) => [site, report.state, report.recovered]);
      return [key, recovered, waited, asking, said, backup && [backup.of, ascending(backup.acknowledged), backup.reminders]];
    });
    w.value(waits as Value);
    w.value([...this.#askers].sort(byKey));
  }
}

export const threePhaseProtocol: Protocol<ThreePhaseConfig, ThreePhaseMessage, ThreePhaseRecord, CommitIndication> = {
  name: 'three-phase-commit',
  create: (id, peers, config) => new ThreePhaseCommit(id, peers, config),
  message: threePhaseMessages,
  record: threePhaseRecords,
  timers: threePhaseTimers,
};
