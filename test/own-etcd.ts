/** An etcd cluster that a test starts itself, as somebody would who knows nothing of Lightcone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackPorts } from '../src/nemesis/index.ts';
import { findBinary, systemNamed } from '../src/systems/index.ts';

export const etcdBinary = findBinary((systemNamed('etcd').requires as readonly [{ binary: string; package: string }])[0]);

export interface OwnEtcd {
  /** Joined by commas, as `--attach` takes them. */
  readonly addresses: string;
  readonly ports: readonly number[];
  readonly processes: readonly ChildProcess[];
  readonly pids: string;
  ask(path: string, body: object, headers?: { [name: string]: string }): Promise<{ readonly [field: string]: unknown }>;
  end(): Promise<void>;
}

const url = (port: number): string => `http://127.0.0.1:${port}`;

/** Three nodes; resolves when all of them serve. */
export async function ownEtcd(folder: string): Promise<OwnEtcd> {
  const numbers = [0, 1, 2];
  const free = loopbackPorts();
  const take = (): Promise<number[]> => Promise.all(numbers.map(() => free.take()));
  const [ports, peerPorts] = [await take(), await take()];
  const cluster = peerPorts.map((port, i) => `own${i}=${url(port)}`).join(',');
  const processes = numbers.map((i) => {
    const [client, peer] = [url(ports[i] as number), url(peerPorts[i] as number)];
    const options = [
      `--name=own${i}`,
      `--data-dir=${join(folder, `own${i}`)}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
    ];
    const peers = [`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=${cluster}`];
    return spawn(etcdBinary ?? 'etcd', [...options, ...peers, '--heartbeat-interval=50', '--election-timeout=500'], { stdio: 'ignore' });
  });
  const ask: OwnEtcd['ask'] = async (path, body, headers = {}) => {
    const answer = await fetch(`${url(ports[0] as number)}/v3/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    return (await answer.json()) as { readonly [field: string]: unknown };
  };
  for (let tried = 0; ; tried++) {
    const up = await Promise.all(
      ports.map((port) =>
        fetch(`${url(port)}/health`).then(
          (answer) => answer.ok,
          () => false,
        ),
      ),
    );
    if (up.every(Boolean)) break;
    if (tried > 200) throw new Error('the etcd of this test does not start');
    await sleep(100);
  }
  return {
    ...{ ports, processes, ask },
    addresses: ports.map(url).join(','),
    pids: processes.map(({ pid }, i) => `n${i + 1}=${pid}`).join(','),
    async end() {
      await Promise.all(
        processes.map(
          (child) =>
            new Promise((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve(null);
              child.once('exit', resolve);
              child.kill('SIGKILL');
            }),
        ),
      );
      await free.close();
    },
  };
}
