/** Messages and records. Askers speak first; voters only ever answer. */
import { type Schema, schema } from '../../core/index.ts';
import {
  type Answer,
  answerSchema,
  type Occasion,
  type Question,
  questionSchema,
  type SignedAnswer,
  type Statement,
  signedAnswersSchema,
  type Verdict,
  verdictSchema,
} from './statement.ts';

export type VoteMessage =
  /** Asker to voters: are you ready? */
  | ({ readonly type: 'ask' } & Occasion)
  | ({ readonly type: 'answer'; readonly says: Answer; readonly signature: Statement['signature'] } & Occasion)
  /** Asker to voters: this is what voters answered me; what follows from it? */
  | ({ readonly type: 'show'; readonly answers: readonly SignedAnswer[] } & Occasion)
  | ({ readonly type: 'vote'; readonly says: Verdict; readonly signature: Statement['signature'] } & Occasion)
  /** Voter to asker: no answer to expect, and why (an error code). Proves nothing. */
  | ({ readonly type: 'refuse'; readonly code: string } & Occasion);

export type VoteRecord =
  | { readonly type: 'answered'; readonly question: Question; readonly says: Answer }
  | { readonly type: 'voted'; readonly question: Question; readonly says: Verdict };

const { int, text, value, struct, union } = schema;
const occasion = { question: questionSchema, nonce: text, expiryUs: int } as const;

/** Who is asked when and by whom stands beside the message wherever it is shown. */
function render(message: VoteMessage): string {
  const { type, question } = message;
  const what = `${type} ${question.id}`;
  switch (message.type) {
    case 'ask':
      return what;
    case 'answer':
    case 'vote':
      return `${what}: ${message.says}`;
    case 'show':
      return `${what}: ${message.answers.map(({ voter, says }) => `${voter} ${says}`).join(', ')}`;
    case 'refuse':
      return `${what}: ${message.code}`;
  }
}

const members: Schema<VoteMessage> = union<VoteMessage>({
  ask: struct({ ...occasion }),
  answer: struct({ ...occasion, says: answerSchema, signature: value }),
  show: struct({ ...occasion, answers: signedAnswersSchema }),
  vote: struct({ ...occasion, says: verdictSchema, signature: value }),
  refuse: struct({ ...occasion, code: text }),
});

export const messageSchema: Schema<VoteMessage> = { ...members, render };

export const recordSchema: Schema<VoteRecord> = union<VoteRecord>({
  answered: struct({ question: questionSchema, says: answerSchema }),
  voted: struct({ question: questionSchema, says: verdictSchema }),
});
