/** What the nodes of single-decree Paxos say to each other and keep. */
import { type Schema, schema, type Value } from '../../core/index.ts';
import { type Ballot, showBallot } from './ballot.ts';

export const synodTypes = { prepare: 0, promise: 1, accept: 2, accepted: 3 } as const;
export type SynodType = (typeof synodTypes)[keyof typeof synodTypes];
const names = Object.keys(synodTypes);

export interface SynodMessage {
  readonly type: SynodType;
  readonly ballot: Ballot;
  /** promise: the ballot of what was accepted last; 0: nothing was. */
  readonly accepted: Ballot;
  /** promise, accept: the value. */
  readonly value: Value;
}

export interface SynodRecord {
  readonly promised: Ballot;
  readonly accepted: Ballot;
  readonly value: Value;
  /** A proposer's own. */
  readonly ballot: Ballot;
}

const fields: Schema<SynodMessage> = schema.struct<SynodMessage>({
  type: schema.uint as Schema<SynodType>,
  ballot: schema.uint,
  accepted: schema.uint,
  value: schema.value,
});

export const synodMessageSchema: Schema<SynodMessage> = {
  ...fields,
  read(r) {
    const message = fields.read(r);
    return message.type < names.length ? message : r.fail(`${message.type} is not a message type`);
  },
  sample: (random) => ({ ...fields.sample(random), type: random.below(names.length) as SynodType }),
  mutate(random, message) {
    const changed = fields.mutate(random, message);
    return { ...changed, type: (changed.type % names.length) as SynodType };
  },
  render: ({ type, ballot, accepted, value }) => {
    const had = accepted === 0 ? '' : ` (accepted in ${showBallot(accepted)})`;
    return `${names[type]} ${showBallot(ballot)}${value === null ? '' : ` ${schema.renderValue(value)}`}${had}`;
  },
};

export const synodRecordSchema: Schema<SynodRecord> = schema.struct<SynodRecord>({
  promised: schema.uint,
  accepted: schema.uint,
  value: schema.value,
  ballot: schema.uint,
});
