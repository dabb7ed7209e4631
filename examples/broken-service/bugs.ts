/** The six mistakes that the service can make. Each is a line or two that many a service has; none is on by default. */
export const bugs = {
  'stale-cache':
    'a follower answers reads from what it read before, until it is told of a change, and it can be told only while its link is up',
  'lost-update': 'an increment reads the counter before it waits for its turn, and writes what it had read plus one',
  'ack-before-write': 'a change is acknowledged when it is in a buffer; the disk gets it once there are fifty of them',
  'non-atomic-transfer': 'a transfer is two changes, the one account first, the other account after it',
  'dirty-read': 'a transaction is in memory while its replication is under way, and taken back when that fails',
  'reordered-queue': 'the queue is a list of pages of eight items, and items are taken from the newest page that has any',
} as const;

export type Bug = keyof typeof bugs;
export const bugNames = Object.keys(bugs) as readonly Bug[];
