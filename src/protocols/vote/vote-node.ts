/**
 * A node of the vote: both roles in one state machine; a node that is no voter only asks. Two rounds: the asker collects
 * signed answers, shows them to all voters, and collects their signed votes. See README.md of this room for what that
 * promises and what it does not.
 */
import type { Input, Node, NodeId, Protocol, Writer } from '../../core/index.ts';
import { Asker, type Asking, RETRY } from './asker.ts';
import type { VoteConfig } from './config.ts';
import { messageSchema, recordSchema, type VoteMessage, type VoteRecord } from './message.ts';
import { type Occasion, questionKey, type Statement } from './statement.ts';
import type { Out, Task, VoteIndication } from './vote-base.ts';

export const voteTimers: readonly string[] = ['retry'];

export class VoteNode extends Asker implements Node<VoteMessage, VoteRecord, VoteIndication> {
  step(input: Input<VoteMessage, VoteRecord>, out: Out): void {
    switch (input.kind) {
      case 'start':
        return this.restore(input.records);
      case 'message':
        return this.receive(input.from, input.message, input.now, out);
      case 'request':
        return this.requested(input.from, input.request, input.now, out);
      case 'timer':
        return input.timer === RETRY ? this.retry(input.now, out) : undefined;
      case 'persisted':
        return this.persisted(input.token);
      case 'loaded': {
        const task = this.endTask(input.token);
        return task?.kind === 'ready' ? this.consulted(task.key, input.value, out) : undefined;
      }
      case 'signed': {
        const task = this.endTask(input.token);
        return task?.kind === 'sign' ? this.signed(task, input.signature, out) : undefined;
      }
      case 'verified': {
        const task = this.endTask(input.token);
        if (task?.kind === 'shown') return this.shownChecked(task, input.valid, out);
        return task?.kind === 'said' ? this.saidChecked(task, input.valid, input.now, out) : undefined;
      }
    }
  }

  private receive(from: NodeId, message: VoteMessage, now: number, out: Out): void {
    if (!this.wellFormed(message)) return this.drop('LC_CODEC');
    switch (message.type) {
      case 'ask':
        return this.asked(from, message, now, out);
      case 'show':
        return this.showed(from, message, now, out);
      case 'answer':
      case 'vote':
        return this.said(from, message, out);
      case 'refuse':
        return this.refused(from, message);
    }
  }

  clone(): VoteNode {
    const copy = new (this.constructor as new (id: NodeId, config: VoteConfig) => VoteNode)(this.id, this.config);
    copy.nextToken = this.nextToken;
    copy.tasks = new Map(this.tasks);
    copy.heard = new Map(this.heard);
    copy.convicted = new Set(this.convicted);
    copy.ballots = new Map([...this.ballots].map(([key, ballot]) => [key, { ...ballot, waiting: [...ballot.waiting] }]));
    copy.writing = this.writing.map(({ ballot, after }) => ({ ballot: copy.ballots.get(questionKey(ballot.question)) ?? ballot, after }));
    copy.shown = new Map([...this.shown].map(([key, shown]) => [key, { ...shown }]));
    copy.askings = new Map([...this.askings].map(([nonce, asking]) => [nonce, copyOf(asking)]));
    copy.retryArmed = this.retryArmed;
    for (const [code, count] of this.dropped) copy.dropped.set(code, count);
    return copy;
  }

  encode(w: Writer): void {
    sorted(
      this.ballots,
      ([key, ballot]) => {
        w.text(key);
        w.text(ballot.answer ?? '');
        w.uint(ballot.answerAfter);
        w.text(ballot.verdict ?? '');
        w.uint(ballot.verdictAfter);
        w.bool(ballot.consulting);
        w.uint(ballot.waiting.length);
        for (const { asker, occasion } of ballot.waiting) {
          w.uint(asker);
          writeOccasion(w, occasion);
        }
      },
      w,
    );
    sorted(
      this.shown,
      ([key, { answers, left, genuine }]) => {
        w.text(key);
        w.value(answers as never);
        w.uint(left);
        w.bool(genuine);
      },
      w,
    );
    sorted(this.askings, ([, asking]) => writeAsking(w, asking), w);
    sorted(
      this.heard,
      ([key, statement]) => {
        w.text(key);
        writeStatement(w, statement);
      },
      w,
    );
    w.value([...this.convicted].sort());
    w.bool(this.retryArmed);
    sorted(this.tasks, ([token, task]) => writeTask(w, token, task), w);
    // Where nothing is under way, what the next token is called is nobody's affair.
    const waits = this.tasks.size > 0 || this.writing.length > 0;
    w.uint(waits ? this.nextToken : 0);
  }
}

const copyOf = (asking: Asking): Asking => ({
  ...asking,
  answers: new Map(asking.answers),
  votes: new Map(asking.votes),
  refusals: new Map(asking.refusals),
});

function sorted<K extends string | number, V>(map: ReadonlyMap<K, V>, write: (entry: readonly [K, V]) => void, w: Writer): void {
  w.uint(map.size);
  for (const entry of [...map].sort((a, b) => (a[0] < b[0] ? -1 : 1))) write(entry);
}

function writeOccasion(w: Writer, { question, nonce, expiryUs }: Occasion): void {
  w.text(questionKey(question));
  w.text(nonce);
  w.int(expiryUs);
}

function writeStatement(w: Writer, statement: Omit<Statement, 'signature'> & { readonly signature?: Statement['signature'] }): void {
  const { voter, step, says, signature } = statement as Statement;
  writeOccasion(w, statement);
  w.uint(voter);
  w.text(step);
  w.text(says);
  w.value(signature ?? null);
}

function writeAsking(w: Writer, asking: Asking): void {
  writeOccasion(w, asking);
  for (const number of [asking.client, asking.session, asking.request]) w.uint(number);
  w.int(asking.sinceUs);
  sorted(asking.answers, ([, answer]) => w.value(answer as never), w);
  w.value(asking.shown as never);
  sorted(asking.votes, ([voter, vote]) => w.value([voter, vote as never]), w);
  sorted(asking.refusals, ([voter, code]) => w.value([voter, code]), w);
}

function writeTask(w: Writer, token: number, task: Task): void {
  w.uint(token);
  w.text(task.kind);
  if (task.kind === 'ready') w.text(task.key);
  else if (task.kind === 'shown') w.value([task.show, task.answer as never]);
  else {
    writeStatement(w, task.statement);
    if (task.kind === 'sign') w.value([task.to, task.after]);
  }
}

export const voteProtocol: Protocol<VoteConfig, VoteMessage, VoteRecord, VoteIndication> = {
  name: 'vote',
  create: (id, _peers, config) => new VoteNode(id, config),
  message: messageSchema,
  record: recordSchema,
  timers: voteTimers,
};
