export { Client, type ClientConfig, clientTimers } from './client.ts';
export { type Key, KeyValue, type KeyValueOp } from './key-value.ts';
export { QuorumClient, type QuorumClientConfig } from './quorum-client.ts';
export { defaultReplicaConfig, openSession, Replica, type ReplicaConfig } from './replica.ts';
export { Sessions, type Standing } from './sessions.ts';
