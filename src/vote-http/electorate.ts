/**
 * Who votes, known by their keys: the voters of a question are a set of public keys and a number of liars, whatever order
 * they are named in. Its digest is the cluster in whose name voters sign, so a vote counts among these voters only.
 */
import { contentHash, LightconeError } from '../core/index.ts';
import { type Domain, fromHex, hex, KEY_BYTES, type PublicKey } from '../crypto/index.ts';
import { checkElectorate } from '../protocols/vote/index.ts';

/** Where a voter is, and who it is: its public signing key, 64 hexadecimal digits. */
export interface VoterAddress {
  /** `http://127.0.0.1:4001`, without a path. */
  readonly url: string;
  readonly key: string;
  /** What reasons call it; its URL unless given. */
  readonly name?: string;
}

/** More voters than that are no services that somebody lists by hand. */
export const MOST_VOTERS = 100;

export class KnownVoters {
  /** Public keys, ascending; voter i of the protocol has the key i - 1. */
  readonly keys: readonly string[];
  readonly faults: number;
  readonly digest: string;

  /** @throws LC_USAGE naming the voter, the key or the number that cannot be */
  constructor(keys: readonly string[], faults = Math.floor((keys.length - 1) / 3)) {
    if (keys.length === 0 || keys.length > MOST_VOTERS)
      throw new LightconeError('LC_USAGE', `${keys.length} voters: 1 to ${MOST_VOTERS} can decide together`, { voters: keys.length });
    for (const [i, key] of keys.entries()) {
      if (fromHex(key) === null)
        throw new LightconeError('LC_USAGE', `voter ${i + 1} has the key ${JSON.stringify(key)}, not ${2 * KEY_BYTES} hexadecimal digits`, {
          key,
        });
    }
    this.keys = [...keys].sort();
    const twice = this.keys.find((key, i) => key === this.keys[i - 1]);
    if (twice !== undefined) throw new LightconeError('LC_USAGE', `the voter with the key ${twice} is named twice`, { key: twice });
    this.faults = faults;
    checkElectorate({ voters: this.voters, faults });
    this.digest = contentHash(['vote', [...this.keys], faults]);
  }

  get voters(): readonly number[] {
    return this.keys.map((_, i) => i + 1);
  }

  get domain(): Domain {
    return { protocol: 'vote', cluster: this.digest };
  }

  /** The number of the voter with this key; 0: none. */
  numberOf(key: string): number {
    return this.keys.indexOf(key) + 1;
  }

  publicKeys(): ReadonlyMap<number, PublicKey> {
    return new Map(this.keys.map((key, i) => [i + 1, { number: 1, signing: fromHex(key) as Uint8Array, exchange: null }]));
  }
}

/** What a voter gives to those who will ask it. */
export const publicKeyText = ({ signing }: PublicKey): string => hex(signing);
