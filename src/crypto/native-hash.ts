/** This platform's SHA-256 (OpenSSL's) for all that is named by its hash in this thread. */
import { hash } from 'node:crypto';
import { useSha256 } from '../core/index.ts';

export function useNativeHash(): void {
  useSha256((bytes) => hash('sha256', bytes, 'hex'));
}
