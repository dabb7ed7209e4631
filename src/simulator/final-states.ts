/**
 * The states of all honest servers at the end of a run: equal positions, equal states, and the state of whoever applied
 * most is what the agreed order makes, each command once.
 */
import { hashText, InvariantViolation, type NodeId, Writer } from '../core/index.ts';
import type { AgreedOrder } from './agreed-order.ts';
import type { Disk } from './disk.ts';
import type { AnyNode } from './subject.ts';
import type { World } from './world.ts';

/** Throws InvariantViolation. Where all went through bytes, the rolling hash sees the bytes of all nodes, too. */
export function compareStates(world: World, order: AgreedOrder): void {
  const { subject, plan } = world;
  const digests = new Map<number, { readonly node: NodeId; readonly digest: string }>();
  const writer = new Writer();
  for (const id of world.servers) {
    const node = world.nodes[id - 1] as AnyNode | null;
    if (node === null) continue;
    const digest = subject.stateDigest?.(node);
    if (digest === undefined || plan.encoded) {
      writer.reset();
      node.encode(writer);
      world.hash.bytes(writer.bytes, writer.length);
    }
    if (digest === undefined) continue;
    world.hash.word(hashText(digest));
    if (world.liars.has(id)) continue;
    const position = order.applied(id);
    const other = digests.get(position);
    if (other === undefined) digests.set(position, { node: id, digest });
    else if (other.digest !== digest)
      throw new InvariantViolation(
        'equal-states',
        `n${other.node} and n${id} applied the same ${position} commands but hold different states`,
      );
  }
  compareWithReference(world, order, digests.get(order.length)?.digest);
  for (const disk of world.disks as Disk[]) world.hash.word(disk.journal.length);
}

function compareWithReference({ subject }: World, order: AgreedOrder, digest: string | undefined): void {
  const commands = order.known();
  const { stateAfter } = subject;
  if (digest === undefined || commands === null || stateAfter === undefined || stateAfter(commands) === digest) return;
  throw new InvariantViolation('state-follows-order', `the state after ${commands.length} commands is not what these commands make`);
}
