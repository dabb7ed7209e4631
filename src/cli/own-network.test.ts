import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { whyNoNamespaces } from '../nemesis/index.ts';
import { doctor, systemNamed } from '../systems/index.ts';

const program = fileURLToPath(new URL('../../bin/lightcone.js', import.meta.url));
const missing = (doctor([systemNamed('etcd')])[0]?.missing.length ?? 0) > 0;
const why = missing ? 'etcd is not installed' : whyNoNamespaces();

function lightcone(folder: string, words: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, ...words], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stdout.on('data', (piece) => {
      said.out += piece;
    });
    child.stderr.on('data', (piece) => {
      said.err += piece;
    });
    child.on('close', (code) => resolve({ code, ...said }));
  });
}

test.skipIf(why !== null)(
  `etcd without proxies: nodes in networks of their own${why === null ? '' : ` (not here: ${why})`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'lightcone-own-network-'));
    try {
      const { code, out } = await lightcone(folder, ['check', 'etcd', '--time', '6s', '--links', 'namespaces', '--json']);
      const report = JSON.parse(out) as { verdict: string; rerun: string };
      expect([code, report.verdict, report.rerun]).toEqual([0, 'pass', expect.stringContaining('--links namespaces')]);
      const runs = join(folder, '.lightcone', 'runs');
      const trace = readFileSync(join(runs, readdirSync(runs)[0] as string, 'trace.jsonl'), 'utf8');
      const cuts = trace.split('\n').filter((line) => line.includes('"type":"fault"') && line.includes('"phase":"start"'));
      // No proxy stands in the way, and each of the directed links was probed.
      expect(cuts.map((line) => (JSON.parse(line) as { detail: { carriedOut: object } }).detail.carriedOut)).toEqual(
        cuts.map(() => expect.objectContaining({ verified: true, probed: 4 })),
      );
      expect(cuts).toHaveLength(2);
      const slow = await lightcone(folder, ['check', 'zookeeper', '--scenario', 'stale-reads', '--links', 'namespaces']);
      expect([slow.code, slow.err]).toEqual([2, expect.stringMatching(/LC_FAULT_UNSUPPORTED.*\(delay\).*the proxy can/)]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
