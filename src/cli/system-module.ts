/** Which system is meant: one that comes along, or the default export of a module of the user's. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { LightconeError } from '../core/index.ts';
import { type System, systems } from '../systems/index.ts';
import { suggestion, usageError } from './arguments.ts';

export const systemsInWords = (): string => [...Object.keys(systems), './my-system.ts'].join(', ');

/** A file of the user's, not a system that comes along. */
export const isModule = (name: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(name);

/** Throws LC_USAGE (no such system, or no system in it) or LC_FILE. */
export async function systemOf(name: string): Promise<System> {
  if (!isModule(name)) {
    const system = Object.hasOwn(systems, name) ? systems[name] : undefined;
    if (system !== undefined) return system;
    throw usageError(`there is no system ${JSON.stringify(name)}; ${suggestion(name, Object.keys(systems))}`, { system: name });
  }
  const path = resolve(name);
  if (!existsSync(path)) throw new LightconeError('LC_FILE', `${name} cannot be read: there is no such file`, { path });
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    const said = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new LightconeError('LC_FILE', `${name} cannot be loaded: ${said}`, { path }, error);
  }
  return asSystem(module.default, name);
}

const wanted: { readonly [field in Exclude<keyof System, 'attach'>]: 'string' | 'object' | 'function' } = {
  name: 'string',
  about: 'string',
  requires: 'object',
  capabilities: 'object',
  scenarios: 'object',
  start: 'function',
};

function asSystem(value: unknown, source: string): System {
  const refuse = (what: string): never => {
    throw usageError(`${source}: ${what}; its default export must be a system made with defineSystem (lightcone/systems)`, { source });
  };
  if (value === null || typeof value !== 'object') return refuse('no system is exported as default');
  for (const [field, type] of Object.entries(wanted)) {
    const found = (value as { readonly [field: string]: unknown })[field];
    if (typeof found !== type || found === null) refuse(`\`${field}\` is ${found === undefined ? 'missing' : `no ${type}`}`);
  }
  const { attach } = value as { readonly attach?: unknown };
  if (attach !== undefined && typeof attach !== 'function') refuse('`attach` is no function');
  return value as System;
}
