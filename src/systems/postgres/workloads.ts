/** What each workload asks of PostgreSQL. Values are JSON text in columns of type text; lists are JSON texts with commas. */
import type { Value } from '../../core/index.ts';
import { failed, ok, type Perform } from '../completion.ts';
import { jsonAnswer } from '../json-answer.ts';
import type { Functions, Session } from './client.ts';
import { literal, type Row } from './protocol.ts';

/** Run once, on the first primary. */
export const SCHEMA = `
CREATE TABLE registers (key text PRIMARY KEY, value text);
CREATE TABLE lists (key text PRIMARY KEY, value text);
CREATE TABLE elements (value text);
CREATE TABLE accounts (key text PRIMARY KEY, balance bigint);
CREATE TABLE counters (key text PRIMARY KEY, value bigint);
CREATE TABLE items (id bigserial PRIMARY KEY, value text);
CREATE SEQUENCE ids;
INSERT INTO counters VALUES ('counter', 0)`;

const json = (value: Value | undefined): string => literal(JSON.stringify(value ?? null));
const parse = (text: string | null | undefined): Value => (text === null || text === undefined ? null : jsonAnswer(text));
const name = (key: Value | undefined): string => literal(String(key ?? null));
const first = (rows: readonly Row[]): string | null => rows[0]?.[0] ?? null;
const upsert = (table: string, key: string, value: string): string =>
  `INSERT INTO ${table} VALUES (${key}, ${value}) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value`;

export function registers(session: Session): Functions {
  const read: Perform = async ({ key }) =>
    ok(parse(first((await session.read(`SELECT value FROM registers WHERE key = ${name(key)}`)).rows)));
  const write: Perform = async ({ key, value }) => {
    await session.write(upsert('registers', name(key), json(value)));
    return ok();
  };
  const cas: Perform = async ({ key, value }) => {
    const [expected, next] = value as readonly [Value, Value];
    const text =
      expected === null
        ? `INSERT INTO registers VALUES (${name(key)}, ${json(next)}) ON CONFLICT (key) DO NOTHING`
        : `UPDATE registers SET value = ${json(next)} WHERE key = ${name(key)} AND value = ${json(expected)}`;
    return (await session.write(text)).tag.endsWith(' 1') ? ok() : failed();
  };
  return { read, get: read, write, put: write, cas };
}

export function sets(session: Session): Functions {
  return {
    add: async ({ value }) => {
      await session.write(`INSERT INTO elements VALUES (${json(value)})`);
      return ok();
    },
    read: async () => ok((await session.read('SELECT value FROM elements')).rows.map(([value]) => parse(value))),
  };
}

export function counter(session: Session): Functions {
  return {
    increment: async ({ value }) => {
      await session.write(`UPDATE counters SET value = value + ${Number(value ?? 1)} WHERE key = 'counter'`);
      return ok();
    },
    read: async () => ok(Number(first((await session.read("SELECT value FROM counters WHERE key = 'counter'")).rows))),
  };
}

/** Numbers of a sequence are given before their transactions end; the lock makes both one order. */
export function queue(session: Session): Functions {
  const lock = 'LOCK TABLE items IN EXCLUSIVE MODE';
  return {
    enqueue: async ({ value }) => {
      await session.write(`${lock}; INSERT INTO items (value) VALUES (${json(value)})`);
      return ok();
    },
    dequeue: async () => {
      const taken = await session.write(`${lock}; DELETE FROM items WHERE id = (SELECT min(id) FROM items) RETURNING value`);
      return ok(parse(first(taken.rows)));
    },
  };
}

export function uniqueIds(session: Session): Functions {
  return { generate: async () => ok(Number(first((await session.write("SELECT nextval('ids')")).rows))) };
}

/** Read, compute here, write what was computed: as applications do, so the isolation level decides whether money is lost. */
export function bank(session: Session): Functions {
  return {
    open: async ({ key, value }) => {
      await session.write(
        `INSERT INTO accounts VALUES (${name(key)}, ${Number(value)}) ON CONFLICT (key) DO UPDATE SET balance = EXCLUDED.balance`,
      );
      return ok();
    },
    transfer: async ({ value }) => {
      const { from, to, amount } = value as { readonly from: string; readonly to: string; readonly amount: number };
      const done = await session.transaction(async (query) => {
        const { rows } = await query(`SELECT key, balance FROM accounts WHERE key IN (${name(from)}, ${name(to)})`);
        const balance = new Map(rows.map(([key, amountThere]) => [key, Number(amountThere)]));
        const left = (balance.get(from) ?? 0) - amount;
        if (left < 0) return false;
        await query(`UPDATE accounts SET balance = ${left} WHERE key = ${name(from)}`);
        await query(`UPDATE accounts SET balance = ${(balance.get(to) ?? 0) + amount} WHERE key = ${name(to)}`);
        return true;
      });
      return done ? ok() : failed('INSUFFICIENT');
    },
    read: async () => {
      const { rows } = await session.read('SELECT key, balance FROM accounts');
      return ok(Object.fromEntries(rows.map(([key, balance]) => [String(key), Number(balance)])));
    },
  };
}

/** `[f, key, value]`: `r`, `w`, `append`; a list and a register may have the same key. */
export function transactions(session: Session): Functions {
  return {
    txn: async ({ value }) => {
      const steps = value as readonly (readonly [f: string, key: Value, value: Value])[];
      const done = await session.transaction(async (query) => {
        const told: Value[] = [];
        for (const [f, key, argument] of steps) {
          if (f === 'r') {
            const both = `SELECT '[' || value || ']' FROM lists WHERE key = ${name(key)} UNION ALL SELECT value FROM registers WHERE key = ${name(key)}`;
            told.push([f, key, parse(first((await query(both)).rows))]);
          } else {
            const grow = `INSERT INTO lists VALUES (${name(key)}, ${json(argument)}) ON CONFLICT (key) DO UPDATE SET value = lists.value || ',' || EXCLUDED.value`;
            await query(f === 'append' ? grow : upsert('registers', name(key), json(argument)));
            told.push([f, key, argument]);
          }
        }
        return told;
      });
      return ok(done);
    },
  };
}
