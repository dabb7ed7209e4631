/** Tendermint's own invariants in the simulator, and what of it was reached. */
import type { NodeId } from '../../../core/index.ts';
import type { TendermintMessage } from '../../../protocols/tendermint/index.ts';
import type { WatchedWorld } from '../../observer.ts';
import { Invariants, type Reach } from '../../subject.ts';
import type { TendermintSettings } from './tendermint-settings.ts';

export class TendermintWatch extends Invariants {
  readonly #reach: Reach;
  constructor(reach: Reach, _world: WatchedWorld, _settings: TendermintSettings, _own: boolean) {
    super();
    this.#reach = reach;
  }
  override sent(_from: NodeId, _to: NodeId, message: unknown): void {
    const m = message as TendermintMessage;
    if (m.type === 'vote' && m.statement.value === null) this.#reach('voted-nil');
  }
}
