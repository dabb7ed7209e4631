/**
 * Who logs in, and the answers to what a server asks for: the password itself, its MD5, or a proof (SCRAM-SHA-256, RFC 5802
 * and 7677; PostgreSQL's manual, 55.2.1 and 55.3). The server's own proof is not looked at.
 */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { Broken, Refused } from '../completion.ts';

export interface Login {
  readonly user: string;
  readonly password?: string;
  readonly database: string;
  /** Where tables are made and looked for; default: the user's own. */
  readonly schema?: string;
}

/** Of the clusters that we start. */
export const OURS: Login = { user: 'postgres', database: 'postgres' };

export interface Challenge {
  readonly kind: number;
  readonly data: Buffer;
}

const ASKS = { password: 3, md5: 5, sasl: 10, saslContinue: 11 } as const;
const MECHANISM = 'SCRAM-SHA-256';
const MAX_ITERATIONS = 1_000_000;

export function parametersOf({ user, database, schema }: Login): string {
  const parameters = { user, database, application_name: 'lightcone', ...(schema === undefined ? {} : { search_path: schema }) };
  return `${Object.entries(parameters)
    .map(([name, value]) => `${name}\0${value}\0`)
    .join('')}\0`;
}

function passwordMessage(body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write('p');
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

const md5 = (...parts: readonly (string | Buffer)[]): string => {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};
const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** The proof of who knows the password, for the server's part of the exchange. Throws Broken where that is none. */
function proof(password: string, clientNonce: string, serverFirst: string): string {
  const fields = new Map(serverFirst.split(',').map((field) => [field.slice(0, 1), field.slice(2)]));
  const [nonce = '', salt = '', iterations] = [fields.get('r'), fields.get('s'), Number(fields.get('i'))];
  if (!nonce.startsWith(clientNonce) || salt === '' || !(iterations >= 1 && iterations <= MAX_ITERATIONS))
    throw new Broken('NOT_SCRAM', true);
  const salted = pbkdf2Sync(password.normalize('NFKC'), Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
  const clientKey = hmac(salted, 'Client Key');
  const stored = createHash('sha256').update(clientKey).digest();
  const withoutProof = `c=biws,r=${nonce}`;
  const signature = hmac(stored, `n=,r=${clientNonce},${serverFirst},${withoutProof}`);
  const proven = Buffer.from(clientKey.map((byte, i) => byte ^ (signature[i] as number)));
  return `${withoutProof},p=${proven.toString('base64')}`;
}

/** For one connection: what to send to each challenge. Throws Refused where a password is wanted and none was given. */
export function passwordReply({ user, password }: Login): (challenge: Challenge) => Buffer {
  const clientNonce = randomBytes(18).toString('base64');
  return ({ kind, data }) => {
    if (password === undefined) throw new Refused('PASSWORD_WANTED', true);
    switch (kind) {
      case ASKS.password:
        return passwordMessage(Buffer.from(`${password}\0`));
      case ASKS.md5:
        return passwordMessage(Buffer.from(`md5${md5(md5(password, user), data.subarray(0, 4))}\0`));
      case ASKS.sasl: {
        if (!data.toString('latin1').split('\0').includes(MECHANISM)) throw new Refused('LOGIN_UNSUPPORTED', true);
        const first = Buffer.from(`n,,n=,r=${clientNonce}`);
        const length = Buffer.alloc(4);
        length.writeInt32BE(first.length);
        return passwordMessage(Buffer.concat([Buffer.from(`${MECHANISM}\0`), length, first]));
      }
      case ASKS.saslContinue:
        return passwordMessage(Buffer.from(proof(password, clientNonce, data.toString('utf8'))));
      default:
        throw new Refused('LOGIN_UNSUPPORTED', true);
    }
  };
}
