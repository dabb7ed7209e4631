/**
 * Addresses of a running cluster as users write them: `http://127.0.0.1:2379`, `10.0.0.1:2379`, `redis://user:secret@host:26379`.
 * What is wrong is said without the secret.
 */
import { LightconeError } from '../core/index.ts';
import type { Endpoint } from './system.ts';

const ENCRYPTED = new Set(['https', 'rediss', 'tls', 'ssl']);

const refuse = (what: string): never => {
  throw new LightconeError('LC_USAGE', `--attach: ${what}`, {});
};

/** Without what stands before an @. */
const withoutSecret = (address: string): string => address.replace(/\/\/[^/]*@/, '//***@').replace(/^[^/]*@/, '***@');

function parseEndpoint(address: string): Endpoint {
  const shown = JSON.stringify(withoutSecret(address));
  let url: URL;
  try {
    url = new URL(address.includes('://') ? address : `tcp://${address}`);
  } catch {
    return refuse(`${shown} is no address; write it as http://HOST:PORT or HOST:PORT`);
  }
  const scheme = url.protocol.slice(0, -1);
  if (ENCRYPTED.has(scheme)) return refuse(`${shown} wants an encrypted connection, which is not supported; attach through a local tunnel`);
  if (!/^\/?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    return refuse(`${shown} has more than a host and a port; leave out what follows the port`);
  // A URL drops the port that is usual for its scheme.
  const port = Number(url.port || (scheme === 'http' ? 80 : 0));
  if (url.hostname === '' || port < 1) return refuse(`${shown} needs a host and a port, such as 127.0.0.1:2379`);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return {
    ...{ host, port },
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
}

/** Joined by commas, one a node, in the order in which nodes are called n1, n2 ... Throws LC_USAGE. */
export function parseEndpoints(text: string): readonly Endpoint[] {
  const endpoints = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseEndpoint);
  if (endpoints.length === 0) return refuse('it names no address');
  const seen = new Set<string>();
  for (const { host, port } of endpoints) {
    const name = `${host}:${port}`;
    if (seen.has(name)) return refuse(`${name} is named twice; every node has an address of its own`);
    seen.add(name);
  }
  return endpoints;
}
