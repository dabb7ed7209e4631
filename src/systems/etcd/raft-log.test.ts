import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RaftLog } from './raft-log.ts';

const line = (msg: string): string => `{"level":"info","ts":"2026-11-26T10:51:51.332Z","caller":"raft/raft.go:771","msg":"${msg}"}\n`;
const [n1, n3] = ['7fd84c37860f1124', '938d028fe6c18561'];
const numbers = { [n1]: '9212196839142396196', [n3]: '10632157112366630241' };

test('follows roles, terms and leaders through lines that come in pieces', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lightcone-raft-log-'));
  try {
    const path = join(folder, 'etcd.log');
    const log = new RaftLog(path);
    expect(log.read()).toBeNull();
    const steps: [string, object][] = [
      [line(`${n1} became follower at term 1`), { role: 'follower', term: 1, leader: null }],
      [line('peer became active'), { role: 'follower', term: 1, leader: null }],
      [line(`${n1} became candidate at term 2`), { role: 'candidate', term: 2, leader: null }],
      [line(`${n1} became leader at term 2`).slice(0, 90), { role: 'candidate', term: 2, leader: null }],
      [line(`${n1} became leader at term 2`).slice(90), { role: 'leader', term: 2, leader: null }],
      [line(`raft.node: ${n1} elected leader ${n1} at term 2`), { role: 'leader', term: 2, leader: numbers[n1] }],
      [line(`${n1} became follower at term 8`), { role: 'follower', term: 8, leader: null }],
      [line(`raft.node: ${n1} changed leader from ${n1} to ${n3} at term 8`), { role: 'follower', term: 8, leader: numbers[n3] }],
      [line(`${n1} became pre-candidate at term 8`), { role: 'pre-candidate', term: 8, leader: null }],
      [line(`raft.node: ${n1} lost leader ${n3} at term 9`), { role: 'pre-candidate', term: 9, leader: null }],
    ];
    for (const [text, state] of steps) {
      appendFileSync(path, text);
      expect(log.read()).toEqual(state);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
