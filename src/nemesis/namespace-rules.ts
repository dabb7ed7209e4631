/**
 * Addresses and packet rules of the second engine: every node has a network of its own, joined to ours by a pair of
 * virtual interfaces. Packets between nodes are forwarded by us, so one table of ours decides about all directed links
 * at once. Pure text for `nft` and `ip`; nothing is carried out here.
 */
import type { LinkCondition } from './contract.ts';

/** Where probes are heard; below the ports that are handed out. */
export const PROBE_PORT = 10_239;
/** All addresses of the second engine. */
export const NAMESPACE_NETWORK = '10.77.0.0/16';
/** Ours, as clients: these packets obey links. */
export const CLIENT_ADDRESS = '10.77.0.254';
/** Ours, as observers: these do not. */
const OBSERVER_ADDRESS = '10.77.1.254';

/** `index` counts nodes from 0. */
export const nodeAddress = (index: number): string => `10.77.0.${index + 1}`;
const observedAddress = (index: number): string => `10.77.1.${index + 1}`;
const hostInterface = (index: number): string => `lc${index + 1}`;

/** For `ip -batch`: the host's end of a node's pair; its other end goes to the process that holds the node's network. */
export const hostCommands = (index: number, holder: number): string =>
  [
    `link add ${hostInterface(index)} type veth peer name eth0 netns ${holder}`,
    `address add ${CLIENT_ADDRESS}/32 dev ${hostInterface(index)}`,
    `address add ${OBSERVER_ADDRESS}/32 dev ${hostInterface(index)}`,
    `link set ${hostInterface(index)} up`,
    `route add ${nodeAddress(index)} dev ${hostInterface(index)} src ${CLIENT_ADDRESS}`,
    `route add ${observedAddress(index)} dev ${hostInterface(index)} src ${OBSERVER_ADDRESS}`,
    '',
  ].join('\n');

/** For `ip -batch` in the node's network. */
export const nodeCommands = (index: number): string =>
  [
    'link set lo up',
    `address add ${nodeAddress(index)}/32 dev eth0`,
    `address add ${observedAddress(index)}/32 dev eth0`,
    'link set eth0 up',
    `route add ${CLIENT_ADDRESS} dev eth0`,
    `route add ${OBSERVER_ADDRESS} dev eth0`,
    `route add default via ${CLIENT_ADDRESS} src ${nodeAddress(index)}`,
    '',
  ].join('\n');

/** In the node's network: what comes for its address meets the service that listens on loopback, its own calls too. */
export const nodeRules = (index: number): string => `
table inet lightcone {
  chain arriving {
    type nat hook prerouting priority -100;
    iifname "eth0" udp dport ${PROBE_PORT} accept
    iifname "eth0" meta l4proto { tcp, udp } dnat ip to 127.0.0.1
  }
  chain own {
    type nat hook output priority -100;
    ip daddr ${nodeAddress(index)} meta l4proto { tcp, udp } dnat ip to 127.0.0.1
  }
}
`;

/** What happens to packets from one address to another. */
export interface AddressLink {
  readonly from: string;
  readonly to: string;
  readonly condition: LinkCondition;
}

/** A service of a node that listens on loopback there and is observed under the same port on loopback here. */
export interface ObservedPort {
  readonly index: number;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

function linkRule({ from, to, condition: { cut = false, lossRate = 0 } }: AddressLink): string {
  if (cut || lossRate >= 1) return `    ip saddr ${from} ip daddr ${to} drop\n`;
  const perMillion = Math.round(lossRate * 1_000_000);
  return perMillion === 0 ? '' : `    ip saddr ${from} ip daddr ${to} numgen random mod 1000000 < ${perMillion} drop\n`;
}

/** Our whole table, which takes the place of the one before in one transaction: all links change at the same moment. */
export function hostRules(links: readonly AddressLink[], observed: readonly ObservedPort[]): string {
  const around = observed
    .map(({ index, port, protocol }) => `    ip daddr 127.0.0.1 ${protocol} dport ${port} dnat ip to ${observedAddress(index)}\n`)
    .join('');
  return `
add table inet lightcone
delete table inet lightcone
table inet lightcone {
  chain links {
${links.map(linkRule).join('')}  }
  chain between {
    type filter hook forward priority 0;
    jump links
  }
  chain sent {
    type filter hook output priority 0;
    jump links
  }
  chain received {
    type filter hook input priority 0;
    jump links
  }
  chain around {
    type nat hook output priority -100;
${around}  }
  chain observers {
    type nat hook postrouting priority 100;
    ip daddr 10.77.1.0/24 snat ip to ${OBSERVER_ADDRESS}
  }
}
`;
}
