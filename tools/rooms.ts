/**
 * The rooms of the house (ARCHITECTURE.md): which floor each stands on. Imports go down the floors only, and only
 * through a room's door. The tidy test enforces it; ARCHITECTURE.md is generated from it.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Floor of each room, planned ones included. `protocols/*` are rooms of their own, strangers to each other. */
export const floors: { readonly [room: string]: number } = {
  core: 0,
  clocks: 1,
  trace: 1,
  scenario: 1,
  planner: 1,
  protocols: 2,
  crdt: 2,
  checkers: 2,
  workloads: 2,
  simulator: 3,
  crypto: 3,
  events: 3,
  nemesis: 3,
  cluster: 3,
  systems: 4,
  'vote-http': 4,
  client: 4,
  runner: 5,
  monitor: 5,
  cli: 6,
};

/** Rooms without I/O, clock or randomness of their own: they run in a browser and replay to the byte. */
export const pureRooms: ReadonlySet<string> = new Set([
  'core',
  'clocks',
  'trace',
  'scenario',
  'planner',
  'protocols',
  'crdt',
  'checkers',
  'workloads',
  'simulator',
]);

/** `protocols` for `protocols/raft`, else the room itself. */
export const kindOf = (room: string): string => room.split('/')[0] ?? room;

/** The room of a file, by its path relative to the repository: `core`, `protocols/raft`, ... or null outside src. */
export function roomOf(path: string): string | null {
  const parts = path.split(sep).join('/').split('/');
  if (parts[0] !== 'src' || parts.length < 3) return null;
  if (parts[1] === 'protocols') return parts.length < 4 ? null : `protocols/${parts[2]}`;
  return parts[1] ?? null;
}

/** The part of the house that a test belongs to: its room, else the top folder it is in (`test`). */
export const partOf = (path: string): string => roomOf(path) ?? path.split(sep).join('/').split('/')[0] ?? path;

/** The rooms that exist, by floor and name. */
export function roomsBuilt(): string[] {
  const folders = (path: string): string[] =>
    existsSync(path)
      ? readdirSync(path, { withFileTypes: true })
          .filter((entry) => entry.isDirectory() && readdirSync(join(path, entry.name)).length > 0)
          .map((entry) => entry.name)
      : [];
  const rooms = folders(join(root, 'src')).flatMap((name) =>
    name === 'protocols' ? folders(join(root, 'src', name)).map((protocol) => `protocols/${protocol}`) : [name],
  );
  const floor = (room: string): number => floors[kindOf(room)] ?? Number.MAX_SAFE_INTEGER;
  return rooms.sort((a, b) => floor(a) - floor(b) || (a < b ? -1 : 1));
}
