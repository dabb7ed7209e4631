/** A scenario's settings for a system, each with its type and default; a wrong one is the scenario's fault and said so. */
import { LightconeError, type Value } from '../core/index.ts';

export type Settings = { readonly [name: string]: Value };

function refuse(name: string, must: string, value: Value): never {
  throw new LightconeError('LC_SCENARIO', `\`settings.${name}\` must be ${must}, not ${JSON.stringify(value)}`, { name, value });
}

export function numberSetting(settings: Settings, name: string, fallback: number): number {
  const value = settings[name] ?? fallback;
  return typeof value === 'number' && value >= 0 ? value : refuse(name, 'a number of at least 0', value);
}

export function flagSetting(settings: Settings, name: string, fallback: boolean): boolean {
  const value = settings[name] ?? fallback;
  return typeof value === 'boolean' ? value : refuse(name, 'true or false', value);
}

export function choiceSetting<T extends string>(settings: Settings, name: string, choices: readonly [T, ...T[]]): T {
  const value = settings[name] ?? choices[0];
  return choices.find((choice) => choice === value) ?? refuse(name, `one of ${choices.join(', ')}`, value);
}
