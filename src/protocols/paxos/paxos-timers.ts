/** Time: rounds of the election, and heartbeats at which what was not answered is sent again. The clock may jump. */
import type { Writer } from '../../core/index.ts';
import { PaxosReconfiguration } from './paxos-reconfiguration.ts';

export const timers = { round: 0, heartbeat: 1 } as const;
export const timerNames = Object.keys(timers) as readonly string[];

export abstract class PaxosTimers extends PaxosReconfiguration {
  #roundUs = 0;
  #heartbeatUs = 0;

  /** A new life, or a clock that was set: what was left of a duration means nothing. */
  protected armTimers(): void {
    this.#armRound();
    this.#armHeartbeat();
  }

  #armRound(): void {
    this.#roundUs = this.now + this.roundUs();
    this.out.timer(timers.round, this.#roundUs);
  }

  #armHeartbeat(): void {
    this.#heartbeatUs = this.now + this.config.heartbeatUs;
    this.out.timer(timers.heartbeat, this.#heartbeatUs);
  }

  protected timerFired(timer: number): void {
    if (timer === timers.round) {
      this.told = [];
      this.endRound();
      this.#armRound();
    } else if (timer === timers.heartbeat) {
      this.learnAsked = 0;
      this.askForHeartbeats();
      this.beat();
      this.invite();
      this.#armHeartbeat();
    }
  }

  protected copyTimers(from: PaxosTimers): void {
    this.#roundUs = from.#roundUs;
    this.#heartbeatUs = from.#heartbeatUs;
  }

  /** Times count from now: a clock that reads more changes nothing. */
  protected encodeTimers(w: Writer): void {
    w.int(this.#roundUs - this.now);
    w.int(this.#heartbeatUs - this.now);
  }
}
