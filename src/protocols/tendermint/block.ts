/**
 * Blocks of commands, and the state of the chain between two blocks. A block names the chain state that it extends by
 * its hash, so a certificate for a block vouches for everything before it: history, validators, and the application's
 * newest snapshot (the app hash in the header).
 */
import { contentHash, type NodeId, type Schema, schema, type Value } from '../../core/index.ts';
import { type Evidence, evidenceSchema } from './statement.ts';
import { type PowerChange, sameSet, type ValidatorSet, validatorSetSchema } from './validators.ts';

/** What a client asked, with the client's signature over it. */
export interface SignedCommand {
  readonly session: number;
  readonly id: number;
  readonly op: Value;
  /** `admin`: for the chain itself (changes of power), not for the machine above. */
  readonly admin: boolean;
  /** 0 where clients do not sign. */
  readonly client: NodeId;
  readonly signature: Value;
}

export interface Block {
  readonly height: number;
  /** Hash of the chain state that it extends. */
  readonly context: string;
  /** Who made it; another may propose it again. */
  readonly author: NodeId;
  readonly commands: readonly SignedCommand[];
  readonly evidence: readonly Evidence[];
}

/** The newest snapshot of the application that validators agree on. */
export interface AppState {
  /** It stands for all blocks up to this height, */
  readonly height: number;
  /** which are all positions up to this one. */
  readonly position: number;
  /** Of the snapshot and the chain state with it. */
  readonly hash: string;
}

/** All that the blocks so far decide about the next ones. */
export interface ChainState {
  /** Of the next block, from 1. */
  readonly height: number;
  /** Commands in all blocks so far. */
  readonly position: number;
  /** Id of the newest block. */
  readonly previous: string;
  /** In force at `height`, and at the height after it. */
  readonly validators: ValidatorSet;
  readonly next: ValidatorSet;
  /** Offences already punished, with the height of the offence, oldest first: none is punished twice. */
  readonly convicted: readonly { readonly offence: string; readonly height: number }[];
  readonly app: AppState | null;
}

/** The state of everything up to a height, as it is kept and sent. */
export interface Snapshot {
  readonly app: AppState;
  readonly data: Value;
  /** The chain state right after that height, without this snapshot in it. */
  readonly chain: ChainState;
}

export const commandSchema: Schema<SignedCommand> = schema.struct<SignedCommand>({
  session: schema.uint,
  id: schema.uint,
  op: schema.value,
  admin: schema.bool,
  client: schema.uint,
  signature: schema.value,
});

export const commandsSchema: Schema<readonly SignedCommand[]> = schema.list(commandSchema);

export const blockSchema: Schema<Block> = schema.struct<Block>({
  height: schema.uint,
  context: schema.text,
  author: schema.uint,
  commands: commandsSchema,
  evidence: schema.list(evidenceSchema),
});

const appSchema: Schema<AppState> = schema.struct<AppState>({ height: schema.uint, position: schema.uint, hash: schema.text });

export const chainSchema: Schema<ChainState> = schema.struct<ChainState>({
  height: schema.uint,
  position: schema.uint,
  previous: schema.text,
  validators: validatorSetSchema,
  next: validatorSetSchema,
  convicted: schema.list(
    schema.struct<{ readonly offence: string; readonly height: number }>({ offence: schema.text, height: schema.uint }),
  ),
  app: schema.optional(appSchema),
});

export const snapshotSchema: Schema<Snapshot> = schema.struct<Snapshot>({ app: appSchema, data: schema.value, chain: chainSchema });

const ids = new WeakMap<object, string>();

/** Hashes of immutable things are computed once. */
function hashOnce(item: object): string {
  let id = ids.get(item);
  if (id === undefined) {
    id = contentHash(item as Value);
    ids.set(item, id);
  }
  return id;
}

const successors = new WeakMap<object, ChainState[]>();
const MOST_SUCCESSORS = 8;

/**
 * The one object that stands for `chain`, a state that followed from `origin` (a block or another state): nodes of a simulated
 * group come to equal states one by one, and hash them once.
 */
export function shared(chain: ChainState, origin: object): ChainState {
  const known = successors.get(origin);
  if (known === undefined) {
    successors.set(origin, [chain]);
    return chain;
  }
  for (const other of known) if (sameChain(other, chain)) return other;
  if (known.length < MOST_SUCCESSORS) known.push(chain);
  return chain;
}

function sameChain(a: ChainState, b: ChainState): boolean {
  if (a.height !== b.height || a.position !== b.position || a.previous !== b.previous) return false;
  if (!sameSet(a.validators, b.validators) || !sameSet(a.next, b.next) || a.convicted.length !== b.convicted.length) return false;
  if (a.app?.hash !== b.app?.hash || a.app?.height !== b.app?.height || a.app?.position !== b.app?.position) return false;
  return a.convicted.every(({ offence, height }, i) => b.convicted[i]?.offence === offence && b.convicted[i]?.height === height);
}

/** 64 hexadecimal digits: what is voted on. */
export const blockId = (block: Block): string => hashOnce(block);
export const contextOf = (chain: ChainState): string => hashOnce(chain);

const snapshots = new WeakMap<object, { readonly chain: ChainState; readonly hash: string }>();

export function snapshotHash(data: Value, chain: ChainState): string {
  if (data === null || typeof data !== 'object') return contentHash([data, chain as unknown as Value]);
  let known = snapshots.get(data);
  if (known?.chain !== chain) {
    known = { chain, hash: contentHash([data, chain as unknown as Value]) };
    snapshots.set(data, known);
  }
  return known.hash;
}

/** One client request, one name. */
export const commandKey = ({ session, id }: SignedCommand): string => `${session}/${id}`;

/** What a client signs. */
export const requestContent = (session: number, id: number, op: Value, admin: boolean): Value => ({ admin, id, op, session });

/** The changes that an admin command asks for, or null: `{ type: 'change-validators', changes: [{ id, power }] }`. */
export function powerChanges(op: Value): readonly PowerChange[] | null {
  if (op === null || typeof op !== 'object' || Array.isArray(op)) return null;
  const { type, changes } = op as { readonly type?: Value; readonly changes?: Value };
  if (type !== 'change-validators' || !Array.isArray(changes) || changes.length === 0) return null;
  const isChange = (change: Value): boolean => {
    const { id, power } = (change ?? {}) as { readonly id?: Value; readonly power?: Value };
    return Number.isSafeInteger(id) && Number.isSafeInteger(power) && (id as number) > 0 && (power as number) >= 0;
  };
  return changes.every(isChange) ? (changes as unknown as readonly PowerChange[]) : null;
}
