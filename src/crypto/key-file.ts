/**
 * Secrets on disk: one JSON file a node, readable by its owner alone (mode 0600), never overwritten. A file that others
 * may read is refused, as ssh does: whoever can read it can vote in this node's name.
 */
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { type ErrorCode, LightconeError } from '../core/index.ts';
import { generateNodeKey, nodeKeyOf } from './node-engine.ts';
import { fromHex, hex, isNumber, type NodeKey, secretsOf } from './node-key.ts';

const FORMAT = 'lightcone-node-key';
const VERSION = 1;
/** A key file is some 300 bytes: more is something else. */
const MOST_BYTES = 4096;

/** Writes the secret. @throws LC_FILE_EXISTS, LC_FILE */
export function saveNodeKey(path: string, key: NodeKey): void {
  const { signing, exchange } = secretsOf(key);
  const content = {
    format: FORMAT,
    version: VERSION,
    number: key.number,
    public: hex(key.publicKey.signing),
    secret: { signing: hex(signing), exchange: exchange === null ? null : hex(exchange) },
  };
  const file = attempt(path, 'written', () => openSync(path, 'wx', 0o600));
  try {
    writeSync(file, `${JSON.stringify(content, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a key and writes it. @throws LC_FILE_EXISTS, LC_FILE */
export function generateKeyFile(path: string, number = 1): NodeKey {
  const key = generateNodeKey(number);
  saveNodeKey(path, key);
  return key;
}

/** @throws LC_FILE when it cannot be read, LC_KEY when others may read it or it holds no key */
export function loadNodeKey(path: string): NodeKey {
  const file = attempt(path, 'read', () => openSync(path, 'r'));
  let text: string;
  try {
    const { mode, size } = fstatSync(file);
    // Windows has no such modes, and says 0666 of every file.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw new LightconeError('LC_KEY', `the key file ${path} may be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 it`, {
        path,
      });
    if (size > MOST_BYTES) throw notAKey(path, `${size} bytes`);
    text = attempt(path, 'read', () => readFileSync(file, 'utf8'));
  } finally {
    closeSync(file);
  }
  return parsed(path, text);
}

function parsed(path: string, text: string): NodeKey {
  let content: Partial<{ format: unknown; version: unknown; number: unknown; public: unknown; secret: unknown }> | null;
  try {
    content = JSON.parse(text) as typeof content;
  } catch {
    // What stands there may be half a secret: it is not quoted.
    throw notAKey(path, 'text that is no JSON');
  }
  if (content?.format !== FORMAT || content.version !== VERSION || !isNumber(content.number)) throw notAKey(path, 'something else');
  const secret = (content.secret ?? {}) as { readonly signing?: unknown; readonly exchange?: unknown };
  const signing = fromHex(secret.signing);
  const exchange = secret.exchange === null ? null : fromHex(secret.exchange);
  if (signing === null || (exchange === null && secret.exchange !== null)) throw notAKey(path, 'seeds of another length');
  const key = nodeKeyOf(content.number, signing, exchange);
  if (hex(key.publicKey.signing) !== content.public) throw notAKey(path, 'a secret that does not belong to its public key');
  return key;
}

const notAKey = (path: string, what: string): LightconeError =>
  new LightconeError('LC_KEY', `the file ${path} holds ${what}, not a node's key`, { path });

function attempt<T>(path: string, done: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof LightconeError) throw error;
    const { code = 'unknown' } = error as { readonly code?: string };
    const kind: ErrorCode = code === 'EEXIST' ? 'LC_FILE_EXISTS' : 'LC_FILE';
    throw new LightconeError(kind, `the key file ${path} cannot be ${done} (${code})`, { path }, error);
  }
}
