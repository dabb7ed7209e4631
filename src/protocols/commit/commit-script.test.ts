import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Random, type Request, type Value } from '../../core/index.ts';
import {
  type CommitConfig,
  type CommitIndication,
  type CommitMessage,
  type CommitRecord,
  commitProtocol,
  commitTimers,
  defaultCommitConfig,
} from './index.ts';
import { Cluster, type Parcel } from './testing.ts';

const folder = join(import.meta.dirname, 'golden');

/** Runs the commands of a script and writes under each what the nodes did. Lines that start with a blank are answers. */
class Script {
  readonly #lines: string[] = [];
  #config: CommitConfig = { ...defaultCommitConfig, voteRetries: 2 };
  #ids = 0;
  readonly #cluster = new Cluster<CommitMessage, CommitRecord, CommitIndication>(
    commitProtocol,
    (id) => commitProtocol.create(id, [1, 2, 3], this.#config),
    [1, 2, 3],
    new Random(1),
    { line: (text) => void this.#lines.push(`  ${text}`) },
  );

  run(script: string): string {
    for (const line of script.split('\n')) {
      if (line.startsWith('  ') || line === '') continue;
      this.#lines.push(line);
      if (!line.startsWith('#')) this.#command(line.split(' '));
    }
    return `${this.#lines.join('\n')}\n`;
  }

  #command([verb, ...args]: string[]): void {
    const cluster = this.#cluster;
    const [first = '', second = ''] = args;
    const id = Number(first);
    switch (verb) {
      case 'set':
        this.#config = { ...this.#config, [first]: Number(second) };
        return;
      case 'start':
        return args.forEach((each) => void cluster.start(Number(each)));
      case 'restart':
        return cluster.start(id);
      case 'crash':
        return cluster.crash(id, Number(second));
      case 'sync':
        return cluster.sync(id);
      case 'run':
        return cluster.settle();
      case 'tick':
        return cluster.fire(id, commitTimers.indexOf(second));
      case 'ask':
        return this.#ask(id, { f: 'transaction', parts: args.slice(1).map(part) });
      case 'read':
        return this.#ask(id, { f: 'read', key: second }, 'linearizable');
      case 'deliver':
      case 'drop':
        return this.#move(verb, first);
    }
    throw new Error(`no command ${verb}`);
  }

  #ask(to: number, op: Value, mode: Request['mode'] = 'write'): void {
    this.#ids += 1;
    this.#cluster.ask(to, { id: this.#ids, session: 0, op, mode }, 9);
  }

  /** The oldest message of a link arrives, or is lost; none, nothing. */
  #move(verb: 'deliver' | 'drop', link: string): void {
    const [from, to] = link.split('->').map(Number);
    const parcel = this.#cluster.net.find((each: Parcel) => each.from === from && each.to === to);
    if (parcel === undefined) this.#lines.push('  nothing on this link');
    else if (verb === 'deliver') this.#cluster.deliver(parcel);
    else this.#cluster.net.splice(this.#cluster.net.indexOf(parcel), 1);
  }
}

/** `2:x=1,y=2`: what site 2 is to write. */
function part(text: string): { site: number; writes: { key: string; value: number }[] } {
  const [site, writes = ''] = text.split(':');
  return {
    site: Number(site),
    writes: writes.split(',').map((write) => {
      const [key = '', value] = write.split('=');
      return { key, value: Number(value) };
    }),
  };
}

test.each(readdirSync(folder).sort())('%s goes as written and reviewed', async (name) => {
  const path = join(folder, name);
  await expect(new Script().run(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path);
});
