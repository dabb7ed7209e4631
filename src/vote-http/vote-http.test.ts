import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { LightconeError } from '../core/index.ts';
import {
  type Decision,
  decideTogether,
  generateNodeKey,
  liarsIn,
  publicKeyText,
  type RunningVoter,
  type SignedDecision,
  saveNodeKey,
  serveVoter,
  type VoterAddress,
  type VoterOptions,
  verifyDecision,
} from './index.ts';
import { type Lie, listening, lyingVoter, type Rogue } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'lightcone-votes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function voter(ready: VoterOptions['ready'] | boolean, more: Partial<VoterOptions> = {}): Promise<RunningVoter> {
  const asked = typeof ready === 'boolean' ? () => ready : ready;
  const running = await serveVoter({ ready: asked, key: generateNodeKey(), ...more });
  open.push(running);
  return running;
}

async function rogue(making: Promise<Rogue>): Promise<Rogue> {
  const made = await making;
  open.push(made);
  return made;
}

const honest = (count: number): Promise<RunningVoter[]> => Promise.all(Array.from({ length: count }, () => voter(true)));
const question = { id: 'deploy-2.3', subject: 'can we deploy version 2.3?' };
const keysOf = (voters: readonly { readonly key: string }[]): string[] => voters.map(({ key }) => key);
const ask = (voters: readonly VoterAddress[], more: object = {}): Promise<Decision> =>
  decideTogether({ voters, question, f: 1, timeoutMs: 20_000, patienceMs: 300, ...more });

describe('services decide together', () => {
  test('four ready services: go, with a certificate that survives JSON and is checked without them', async () => {
    const voters = await honest(4);
    const { decision, certificate, reasons, liars } = await ask(voters);
    expect([decision, liars]).toEqual(['go', []]);
    expect(reasons[0]).toMatch(/^[34] of 4 voters vote go$/);
    for (const each of open.splice(0)) await each.close();
    const kept = JSON.parse(JSON.stringify(certificate)) as SignedDecision;
    expect(verifyDecision(kept, keysOf(voters))).toEqual({ valid: true, decision: 'go' });
    expect(verifyDecision(kept, keysOf(voters).reverse(), { f: 1, question, nowMs: Date.now() })).toEqual({ valid: true, decision: 'go' });
  });

  test('services that are not ready, strategy by strategy', async () => {
    const one = [...(await honest(3)), await voter(false)];
    expect((await ask(one)).decision).toBe('go');
    expect((await ask(one, { strategy: 'unanimous_ready_or_abort' })).decision).toBe('abort');
    const two = [...(await honest(2)), await voter(false), await voter(false)];
    const { decision, certificate } = await ask(two);
    expect(decision).toBe('abort');
    expect(verifyDecision(certificate, keysOf(two))).toEqual({ valid: true, decision: 'abort' });
  });

  test('a service is asked once for each question, and its answer stands for every asker', async () => {
    let asked = 0;
    const fickle = await voter(() => ++asked === 1);
    const voters = [fickle, ...(await honest(2)), await voter(false)];
    for (let i = 0; i < 3; i++) expect((await ask(voters)).decision).toBe('go');
    expect(asked).toBe(1);
    expect((await ask(voters, { question: { ...question, id: 'another day' } })).decision).toBe('abort');
    expect(asked).toBe(2);
  });

  test('askers who ask at once, in any order of the voters, never get both go and abort', async () => {
    let turns = 0;
    const lie: Lie = (message, sign) =>
      message.type === 'ask' ? sign(turns++ % 2 === 0 ? 'ready' : 'not-ready', message) : sign(turns++ % 3 === 0 ? 'go' : 'abort', message);
    const voters = [...(await honest(2)), await voter(false), await rogue(lyingVoter(generateNodeKey(), lie))];
    for (let round = 0; round < 8; round++) {
      const asking = Array.from({ length: 4 }, (_, i) =>
        ask([...voters.slice(i), ...voters.slice(0, i)], { question: { ...question, id: `r${round}` } }),
      );
      const decisions = await Promise.all(asking);
      const decided = new Set(decisions.map(({ decision }) => decision).filter((decision) => decision !== 'undecided'));
      expect(decided.size).toBeLessThanOrEqual(1);
      for (const { liars } of decisions) expect(liars.filter((name) => name !== voters[3]?.url)).toEqual([]);
    }
  });

  test('without options it asks a new question of as many liars as so many voters stand', async () => {
    const voters = await honest(4);
    const first = await decideTogether({ voters });
    const second = await decideTogether({ voters });
    expect([first.decision, first.certificate?.f]).toEqual(['go', 1]);
    expect(first.certificate?.question.id).not.toBe(second.certificate?.question.id);
  });
});

describe('one voter in four may do what it likes', () => {
  const hang = (): Promise<Rogue> => listening(() => undefined);
  const rogues: readonly (readonly [string, () => Promise<Rogue>, RegExp])[] = [
    ['never answers', hang, /go/],
    ['answers slowly', () => listening((_, response) => void setTimeout(() => response.end('x'), 5000)), /go/],
    ['answers garbage', () => listening((_, response) => response.end(randomBytes(300))), /go/],
    ['answers nothing at all', () => listening((_, response) => response.end()), /go/],
    ['answers without end', () => listening((_, response) => void setInterval(() => response.write(randomBytes(20_000)), 1).unref()), /go/],
    ['answers with an error of its own', () => listening((_, response) => void response.writeHead(500).end('"code":"LC_<script>"')), /go/],
    [
      'sends askers elsewhere',
      () => listening((_, response) => void response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()),
      /go/,
    ],
    ['hangs up', () => listening((request) => void request.socket.destroy()), /go/],
    ['answers half', () => listening((_, response) => void response.writeHead(200, { 'content-length': '100' }).write('half')), /go/],
  ];

  test.each(rogues)('one that %s changes nothing', async (_what, make, decision) => {
    const bad = { ...(await rogue(make())), key: publicKeyText(generateNodeKey().publicKey) };
    const began = performance.now();
    expect((await ask([...(await honest(3)), bad])).decision).toMatch(decision);
    // Nobody waits for it: neither for its answer nor for the end of the time.
    expect(performance.now() - began).toBeLessThan(15_000);
  });

  const lies: readonly (readonly [string, Lie])[] = [
    [
      'signs with a key that is not its own',
      (message, sign) => ({ ...sign(message.type === 'ask' ? 'not-ready' : 'abort', message), signature: randomBytes(68) as never }),
    ],
    ['signs nothing', (message, sign) => ({ ...sign(message.type === 'ask' ? 'not-ready' : 'abort', message), signature: null }) as never],
    ['says another nonce', (message, sign) => sign('not-ready', { ...message, nonce: 'x' })],
    ['says another expiry', (message, sign) => sign('not-ready', { ...message, expiryUs: message.expiryUs + 1 })],
    ['answers another question', (message, sign) => sign('not-ready', { ...message, question: { ...message.question, id: 'x' } })],
    ['votes before it is shown anything', (message, sign) => sign('abort', message)],
    [
      'refuses with a very long reason',
      ({ question: asked, nonce, expiryUs }) => ({ type: 'refuse', question: asked, nonce, expiryUs, code: 'x'.repeat(5000) }),
    ],
    ['is not ready, and votes abort', (message, sign) => sign(message.type === 'ask' ? 'not-ready' : 'abort', message)],
    ['shows and asks in its turn', (message) => message],
  ];

  test.each(lies)('one that %s changes nothing', async (_what, lie) => {
    const voters = [...(await honest(3)), await rogue(lyingVoter(generateNodeKey(), lie))];
    const { decision, certificate } = await ask(voters);
    expect([decision, verifyDecision(certificate, keysOf(voters), { f: 1 })]).toEqual(['go', { valid: true, decision: 'go' }]);
  });

  test('replayed votes of an earlier asking are worth nothing: everybody else is silent, and nothing is decided', async () => {
    const recorded: { readonly [type: string]: ReturnType<Lie> } = {};
    let replays = false;
    const lie: Lie = (message, sign) => {
      if (!replays) Object.assign(recorded, { [message.type]: sign(message.type === 'ask' ? 'ready' : 'go', message) });
      return recorded[message.type] ?? null;
    };
    const voters = await Promise.all(Array.from({ length: 4 }, () => rogue(lyingVoter(generateNodeKey(), lie))));
    await ask(voters, { timeoutMs: 1000 });
    replays = true;
    const { decision, reasons } = await ask(voters, { timeoutMs: 1000 });
    expect(decision).toBe('undecided');
    expect(reasons.at(-1)).toBe('0 of 4 answers are too few to go by');
  });

  test('beyond f nothing is decided, and every voter’s trouble is told', async () => {
    const gone = await honest(1);
    const unreachable = { url: (gone[0] as RunningVoter).url, key: (gone[0] as RunningVoter).key, name: 'billing' };
    await open.pop()?.close();
    const stranger = await voter(true);
    const voters = [
      ...(await honest(1)),
      unreachable,
      { ...stranger, key: publicKeyText(generateNodeKey().publicKey), name: 'stock' },
      await voter(() => Promise.reject(new Error('no'))),
    ];
    const { decision, certificate, reasons } = await ask(voters, { timeoutMs: 3000 });
    expect([decision, certificate]).toEqual(['undecided', null]);
    const text = reasons.join('\n');
    expect(text).toMatch(/^http:\S+ is ready$/m);
    expect(text).toMatch(/^http:\S+ gave no answer \(LC_NOT_KNOWN\)$/m);
    expect(text).toMatch(/^billing: it cannot be reached \(ECONNREFUSED\)$/m);
    expect(text).toMatch(/^stock: it answered 400 \(LC_USAGE\)$/m);
    expect(text).toMatch(/^1 of 4 answers are too few to go by$/m);
  });

  test('a voter that tells askers different things is named by who sees both', async () => {
    const turns = { ask: 0 };
    const lie: Lie = (message, sign) => {
      if (message.type === 'ask') return sign(turns.ask++ % 2 === 0 ? 'ready' : 'not-ready', message);
      return sign('go', message);
    };
    const liar = await rogue(lyingVoter(generateNodeKey(), lie));
    const voters = [...(await honest(3)), liar];
    const first = await ask(voters);
    const other: SignedDecision = { ...((await ask(voters, { question: { ...question, id: 'b' } })).certificate as SignedDecision) };
    expect(liarsIn([first.certificate, other], keysOf(voters))).toEqual([]);
  });
});

describe('clocks', () => {
  test('a voter whose clock is wrong by less than the skew votes; by more it is one of the silent', async () => {
    const skewed = (byMs: number): Partial<VoterOptions> => ({ clock: () => Date.now() + byMs, skewMs: 5000 });
    const near = [await voter(true, skewed(63_000)), await voter(true, skewed(-3_600_000)), ...(await honest(2))];
    expect((await ask(near)).decision).toBe('go');
    const far = [await voter(true, skewed(66_000)), ...(await honest(3))];
    expect((await ask(far)).decision).toBe('go');
    expect((far[0] as RunningVoter).dropped().get('LC_EXPIRED')).toBeGreaterThan(0);
    const hopeless = [await voter(true, skewed(66_000)), await voter(true, skewed(70_000)), ...(await honest(2))];
    const { decision, reasons } = await ask(hopeless, { timeoutMs: 3000 });
    expect(decision).toBe('undecided');
    expect(reasons.filter((reason) => reason.includes('(LC_EXPIRED)')).length).toBe(2);
  });

  test('a decision has an expiry, for those who care', async () => {
    const voters = await honest(4);
    const { certificate } = await ask(voters, { lifetimeMs: 10_000 });
    expect(verifyDecision(certificate, keysOf(voters), { nowMs: Date.now() + 9000 })).toMatchObject({ valid: true });
    expect(verifyDecision(certificate, keysOf(voters), { nowMs: Date.now() + 11_000 })).toEqual({ valid: false, reason: 'it has expired' });
    expect(verifyDecision(certificate, keysOf(voters))).toMatchObject({ valid: true });
  });
});

describe('what cannot be is refused in one sentence', () => {
  const refusal = async (options: object): Promise<string> => {
    try {
      await decideTogether({ voters: [], timeoutMs: 100, ...options } as never);
      return 'nothing';
    } catch (error) {
      return error instanceof LightconeError ? `${error.code}: ${error.message}` : `not ours: ${error}`;
    }
  };
  const at = (count: number): VoterAddress[] =>
    Array.from({ length: count }, (_, i) => ({ url: `http://127.0.0.1:${i + 1}`, key: String(i).padStart(64, '0') }));

  test('by the asker', async () => {
    expect(await refusal({})).toBe('LC_USAGE: 0 voters: 1 to 100 can decide together');
    expect(await refusal({ voters: at(4), f: 2 })).toBe('LC_USAGE: 2 liars among 4 voters: at least 7 voters are needed');
    expect(await refusal({ voters: at(4), f: 0.5 })).toBe('LC_USAGE: f is a whole number from 0 on, not 0.5');
    expect(await refusal({ voters: [...at(1), ...at(1)] })).toBe(`LC_USAGE: the voter with the key ${'0'.repeat(64)} is named twice`);
    expect(await refusal({ voters: [{ url: 'ftp://x', key: '0'.repeat(64) }] })).toBe(
      'LC_USAGE: "ftp://x" is no address of a voter, such as http://127.0.0.1:4001',
    );
    expect(await refusal({ voters: [{ url: 'http://x', key: 'abc' }] })).toBe(
      'LC_USAGE: voter 1 has the key "abc", not 64 hexadecimal digits',
    );
    expect(await refusal({ voters: at(1), strategy: 'coin' })).toBe(
      'LC_USAGE: the strategy is one of majority_ready_or_abort, unanimous_ready_or_abort, not "coin"',
    );
    expect(await refusal({ voters: at(1), timeoutMs: -1 })).toBe('LC_USAGE: timeoutMs is a number of milliseconds, not -1');
    expect(await refusal({ voters: at(1), question: { id: '', subject: 'x' } })).toBe(
      'LC_USAGE: the question\'s id is a text of 1 to 512 characters, not ""',
    );
  });

  test('by the voter, whatever is posted', async () => {
    const { url, port } = await voter(true);
    const said = async (path: string, init: RequestInit = {}): Promise<unknown> => {
      const response = await fetch(`${url}${path}`, init);
      return [response.status, await response.json()];
    };
    expect(await said('/')).toEqual([404, { code: 'LC_USAGE', message: 'there is only /vote here, not "/"' }]);
    expect(await said('/vote')).toMatchObject([200, { code: 'LC_OK' }]);
    expect(await said('/vote', { method: 'DELETE' })).toEqual([405, { code: 'LC_USAGE', message: 'POST a message, not DELETE' }]);
    expect(await said('/vote', { method: 'POST', body: 'x' })).toMatchObject([400, { code: 'LC_CODEC' }]);
    expect(await said('/vote', { method: 'POST', body: randomBytes(70_000) })).toEqual([
      413,
      { code: 'LC_CODEC', message: 'a message is at most 65536 bytes' },
    ]);
    for (let i = 0; i < 60; i++)
      expect(await said('/vote', { method: 'POST', body: randomBytes(1 + (i % 50)) })).toMatchObject([400, { code: 'LC_CODEC' }]);
    // Not even HTTP.
    await new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('\u0000\u0001 nonsense\r\n\r\n'));
      socket.on('close', () => done());
      socket.resume();
    });
    expect((await ask([{ url, key: (open[0] as RunningVoter).key }, ...(await honest(3))])).decision).toBe('go');
  });

  test('a port that is taken, a voter that is no member', async () => {
    const { port } = await voter(true);
    await expect(voter(true, { port })).rejects.toThrow(`a voter cannot listen on 127.0.0.1:${port} (EADDRINUSE)`);
  });

  test('every change of a decision is found, and nothing that is none throws', async () => {
    const voters = await honest(4);
    const good = (await ask(voters)).certificate as SignedDecision;
    const keys = keysOf(voters);
    const reason = (decision: unknown, options = {}): unknown => {
      const found = verifyDecision(decision, keys, options);
      return found.valid ? 'valid' : found.reason;
    };
    expect(reason(good)).toBe('valid');
    expect(reason({ ...good, verdict: 'abort' })).toMatch(/has not signed this vote/);
    expect(reason({ ...good, f: 0 })).toBe('it was decided with f = 0, not 1');
    expect(reason(good, { f: 0 })).toBe('it was decided with f = 1, not 0');
    expect(reason({ ...good, f: 0 }, { f: 0 })).toMatch(/has not signed this vote/);
    expect(reason({ ...good, votes: good.votes.slice(1, 3) })).toBe('2 votes, and 3 are needed');
    expect(reason({ ...good, votes: [...good.votes.slice(1), good.votes[1]] })).toMatch(/is counted twice/);
    expect(reason({ ...good, votes: [...good.votes, { key: 'f'.repeat(64), signature: '' }] })).toMatch(/does not belong/);
    expect(reason(good, { question: { ...question, subject: 'version 2.4' } })).toBe(
      'it is about "can we deploy version 2.3?" (deploy-2.3)',
    );
    const others = await honest(4);
    expect(verifyDecision(good, keysOf(others)).valid).toBe(false);
    for (const nothing of [
      null,
      undefined,
      3,
      'x',
      [],
      {},
      { ...good, votes: 'x' },
      { ...good, votes: [null, 1, {}] },
      { ...good, question: null },
    ])
      expect(reason(nothing)).toMatch(/shape|belong/);
  });
});

describe('a voter that dies', () => {
  const script = join(folder, 'voter.mjs');
  const keyFile = join(folder, 'key.json');
  const journal = join(folder, 'votes.log');
  const key = generateNodeKey();

  async function child(ready: boolean): Promise<{ readonly url: string; kill(): Promise<void> }> {
    const room = new URL('./index.ts', import.meta.url).href;
    writeFileSync(
      script,
      `import { loadNodeKey, serveVoter } from ${JSON.stringify(room)};
const voter = await serveVoter({ ready: () => ${ready}, key: loadNodeKey(${JSON.stringify(keyFile)}), file: ${JSON.stringify(journal)} });
console.log(voter.url);`,
    );
    const running = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const url = await new Promise<string>((done) => running.stdout.once('data', (text: Buffer) => done(text.toString().trim())));
    const kill = async (): Promise<void> => {
      if (running.exitCode !== null || running.signalCode !== null) return;
      const gone = new Promise((done) => running.once('exit', done));
      running.kill('SIGKILL');
      await gone;
    };
    open.push({ close: kill });
    return { url, kill };
  }

  test('the others decide without it; back with its journal it says what it said before, whatever its service says now', async () => {
    saveNodeKey(keyFile, key);
    const first = await child(false);
    const others = [await voter(true), await voter(true), await voter(false)];
    const me = (url: string): VoterAddress => ({ url, key: publicKeyText(key.publicKey) });
    expect((await ask([...others, me(first.url)])).decision).toBe('abort');
    await first.kill();
    expect((await ask([...others, me(first.url)])).decision).toBe('abort');
    // A crash in the middle of a line: nobody was told it.
    appendFileSync(journal, 'abc 12');
    const again = await child(true);
    expect((await ask([...others, me(again.url)])).decision).toBe('abort');
    // It is ready now, so what is asked anew may go.
    expect((await ask([...others, me(again.url)], { question: { ...question, id: 'tomorrow' } })).decision).toBe('go');
    expect(
      readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .every((line) => line.split(' ').length === 3),
    ).toBe(true);
  });

  test('a journal that is damaged in the middle is refused: a voter that forgot its word must not vote', async () => {
    const path = join(folder, 'damaged.log');
    const voters = [await voter(true, { file: path }), ...(await honest(3))];
    await ask(voters);
    const lines = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      lines.replace(/ (\w)/, (_, digit: string) => ` ${digit === '0' ? '1' : '0'}`),
    );
    await expect(voter(true, { file: path })).rejects.toThrow(
      /line 1 of the journal .*damaged\.log is damaged: a voter that forgot its word must not vote/,
    );
    await expect(voter(true, { file: folder })).rejects.toThrow(/the journal .* cannot be used \(EISDIR\)/);
  });
});
