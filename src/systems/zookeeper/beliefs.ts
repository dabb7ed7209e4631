/** What a ZooKeeper server says of itself (`srvr`): its mode and its last transaction, whose upper half is the epoch. */
import type { Address } from '../../nemesis/index.ts';
import { completionOf } from '../completion.ts';
import type { ObservedBelief } from '../system.ts';
import { Wire } from '../wire.ts';

const SERVED = /^Mode: (\w+)/m;
const ZXID = /^Zxid: 0x([0-9a-f]+)/m;
const END = /^Node count: \d+\n|not currently serving requests/m;

async function said(address: Address, timeoutMs: number): Promise<string> {
  const wire = await Wire.connect(address, timeoutMs);
  try {
    return await wire.ask(
      'srvr',
      (bytes) => {
        const text = bytes.toString('latin1');
        return END.test(text) ? { value: text, used: bytes.length } : null;
      },
      timeoutMs,
    );
  } finally {
    wire.close();
  }
}

/** `leader`, `follower`; null where it does not serve. Throws Broken. */
export async function modeOf(address: Address, timeoutMs: number): Promise<string | null> {
  return SERVED.exec(await said(address, timeoutMs))?.[1] ?? null;
}

export async function beliefsOf(node: string, address: Address, timeoutMs: number): Promise<readonly ObservedBelief[]> {
  let text: string;
  try {
    text = await said(address, timeoutMs);
  } catch (error) {
    completionOf(error, true);
    return [];
  }
  const mode = SERVED.exec(text)?.[1];
  const zxid = ZXID.exec(text)?.[1];
  // Looking for a leader: it says nothing else.
  if (mode === undefined || zxid === undefined) return [{ kind: 'role', value: 'candidate' }];
  const position = Number(BigInt(`0x${zxid}`));
  const epoch = Math.floor(position / 2 ** 32);
  const leads = mode === 'leader' || mode === 'standalone';
  return [
    { kind: 'epoch', value: epoch },
    { kind: 'role', value: leads ? 'leader' : mode, epoch },
    ...(leads ? [{ kind: 'leader', value: node, epoch } as const] : []),
    { kind: 'position', value: position },
  ];
}
