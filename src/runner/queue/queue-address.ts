/**
 * Where the work queue is: `nats://host:4222`, several joined by commas, `tls://` for encrypted ones. Who we are stands in
 * the URL, or in the environment under the names that NATS' own command uses. What is secret is never shown.
 */
import { readFileSync } from 'node:fs';
import type { NatsConnection } from '@nats-io/transport-node';
import { LightconeError } from '../../core/index.ts';

export interface QueueAddress {
  readonly servers: readonly string[];
  /** Without user, password and token: for logs and reports. */
  readonly shown: string;
  readonly encrypted: boolean;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  /** Content of a file of credentials (NATS_CREDS). */
  readonly credentials?: string;
}

type Environment = { readonly [name: string]: string | undefined };

const DEFAULT_PORT = '4222';
const CONNECT_MS = 5000;

/** Throws LC_USAGE; the sentence holds nothing that stands before an `@`. */
export function queueAddress(given: string, environment: Environment = {}): QueueAddress {
  const refuse = (): never => {
    const harmless = given.replace(/^([a-z]+:\/\/)?.*@/, '$1');
    throw new LightconeError('LC_USAGE', `--queue takes a URL such as nats://host:4222, not ${JSON.stringify(harmless)}`, {
      given: harmless,
    });
  };
  const urls = given.split(',').map((part) => {
    const text = /^[a-z]+:\/\//.test(part) ? part : `nats://${part}`;
    return URL.canParse(text) ? new URL(text) : refuse();
  });
  for (const { protocol, hostname, pathname } of urls)
    if (!['nats:', 'tls:'].includes(protocol) || hostname === '' || !['', '/'].includes(pathname)) refuse();
  const [first] = urls as [URL];
  const servers = urls.map(({ hostname, port }) => `${hostname}:${port === '' ? DEFAULT_PORT : port}`);
  return {
    ...{ servers, shown: servers.map((server) => `${first.protocol}//${server}`).join(','), encrypted: first.protocol === 'tls:' },
    ...identity(first, environment),
  };
}

function identity(
  { username, password }: URL,
  environment: Environment,
): Pick<QueueAddress, 'user' | 'password' | 'token' | 'credentials'> {
  if (password !== '') return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
  if (username !== '') return { token: decodeURIComponent(username) };
  const { NATS_USER: user, NATS_PASSWORD: secret, NATS_CREDS: file } = environment;
  if (file !== undefined && file !== '') return { credentials: readCredentials(file) };
  return user === undefined || user === '' ? {} : { user, password: secret ?? '' };
}

function readCredentials(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new LightconeError('LC_FILE', `${file} (NATS_CREDS) cannot be read: ${code ?? 'unknown reason'}`, { path: file }, error);
  }
}

/** An error's words, with everything secret taken out of them. */
export function withoutSecrets(error: unknown, { password, token }: QueueAddress): string {
  let text = error instanceof Error ? error.message : String(error);
  for (const secret of [password, token]) if (secret !== undefined && secret !== '') text = text.replaceAll(secret, '***');
  return text.replaceAll(/\/\/[^/@\s]*@/g, '//');
}

/** Reconnects for ever once it was connected. Throws LC_ENVIRONMENT where it cannot be reached. */
export async function connectQueue(address: QueueAddress, name: string): Promise<NatsConnection> {
  const { connect, credsAuthenticator } = await import('@nats-io/transport-node');
  const { servers, user, password, token, credentials, encrypted } = address;
  try {
    return await connect({
      ...{ servers: [...servers], name, timeout: CONNECT_MS, maxReconnectAttempts: -1, reconnectTimeWait: 500 },
      ...(user === undefined ? {} : { user, pass: password ?? '' }),
      ...(token === undefined ? {} : { token }),
      ...(credentials === undefined ? {} : { authenticator: credsAuthenticator(new TextEncoder().encode(credentials)) }),
      ...(encrypted ? { tls: {} } : {}),
    });
  } catch (error) {
    const said = withoutSecrets(error, address);
    throw new LightconeError('LC_ENVIRONMENT', `the queue at ${address.shown} cannot be reached: ${said}`, { queue: address.shown });
  }
}
