/** What a liar can say in the vote: other answers and votes, in its own name and validly signed, and sets that leave something out. */
import type { NodeId, Random, Value } from '../../../core/index.ts';
import { contentOf, type SignedAnswer, type VoteMessage, type VoteNode } from '../../../protocols/vote/index.ts';
import type { AnyNode, LyingSpeech } from '../../subject.ts';

function* holds(node: AnyNode): Iterable<{ readonly signer: NodeId; readonly content: Value }> {
  for (const asking of (node as unknown as VoteNode).askings.values()) {
    for (const { voter, says } of asking.answers.values()) yield { signer: voter, content: contentOf('answer', asking, says) };
    for (const [signer, { says }] of asking.votes) yield { signer, content: contentOf('vote', asking, says) };
  }
}

/** The answers that a liar would rather show: those against, the others only to make up the number, or one of them twice. */
function otherSet(random: Random, answers: readonly SignedAnswer[]): readonly SignedAnswer[] {
  const kind = random.below(4);
  if (kind === 0) return answers.filter(({ says }) => says === 'not-ready');
  const at = random.below(Math.max(1, answers.length));
  if (kind === 1) return answers.filter((_, i) => i !== at);
  const one = answers[at];
  if (one === undefined) return answers;
  if (kind === 2) return [...answers, one];
  return answers.map((answer) => (answer === one ? { ...answer, says: answer.says === 'ready' ? 'not-ready' : 'ready' } : answer));
}

const speech: LyingSpeech<VoteMessage> = {
  holds,
  proved(message) {
    if (message.type !== 'answer' && message.type !== 'vote') return null;
    return { content: contentOf(message.type, message, message.says), proof: 'signature' };
  },
  withProof: (message, signature) => (message.type === 'answer' || message.type === 'vote' ? { ...message, signature } : message),
  lie(random, message) {
    switch (message.type) {
      case 'answer':
        // The same on an occasion that was not asked: whoever counts it holds a set that proves nothing.
        if (random.below(4) === 0) return { ...message, expiryUs: message.expiryUs + 1 };
        return { ...message, says: message.says === 'ready' ? 'not-ready' : 'ready' };
      case 'vote':
        if (random.below(4) === 0) return { ...message, expiryUs: message.expiryUs + 1 };
        return { ...message, says: message.says === 'go' ? 'abort' : 'go' };
      case 'show':
        return { ...message, answers: otherSet(random, message.answers) };
      case 'ask':
        return { ...message, expiryUs: random.below(2) === 0 ? 0 : message.expiryUs + 1_000_000 };
      case 'refuse':
        return null;
    }
  },
};

export const voteSpeech = speech as LyingSpeech;
