/** JSON that a system answers with, or holds for us: anything else is garbage, and says nothing about what was asked. */
import type { Value } from '../core/index.ts';
import { Broken } from './completion.ts';

/** Throws Broken with `NOT_JSON`. */
export function jsonAnswer(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new Broken('NOT_JSON', true);
  }
}
