/** Settings against the defaults of a subject: each name known, each value of the type of its default. */
import { LightconeError, type Value } from '../../../core/index.ts';
import type { Settings } from '../../subject.ts';

/** @throws LC_USAGE naming a setting that the subject does not have or that has another type */
export function settingsOver<T extends object>(subject: string, defaults: T, settings: Settings): T {
  const known = defaults as unknown as { readonly [name: string]: Value };
  for (const [name, value] of Object.entries(settings)) {
    if (!Object.hasOwn(known, name))
      throw new LightconeError('LC_USAGE', `${subject} has no setting "${name}" (it has ${Object.keys(known).join(', ')})`, { name });
    if (typeof value !== typeof known[name])
      throw new LightconeError('LC_USAGE', `the setting ${name} is a ${typeof known[name]}, not ${JSON.stringify(value)}`, { name, value });
  }
  return { ...defaults, ...settings } as T;
}
