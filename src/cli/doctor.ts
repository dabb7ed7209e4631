/** `lightcone doctor`: which systems can be tested on this machine, which faults it cannot do, and what would install what is missing. */
import { exitCodes } from '../core/index.ts';
import { faultTools } from '../nemesis/index.ts';
import { doctor, systems } from '../systems/index.ts';
import type { Arguments } from './arguments.ts';
import { suggestion, usageError } from './arguments.ts';
import type { Io, Verb } from './verb.ts';

export const doctorVerb: Verb = {
  name: 'doctor',
  summary: 'Which systems can be tested here, and what is missing?',
  positionals: [{ name: 'system', required: false, summary: 'only this one' }],
  options: [{ name: 'json', kind: 'flag', summary: 'as JSON' }],
  examples: [['doctor', 'every system that comes along; exit 5 when something is missing']],
  run: async (args, io) => diagnose(args, io),
};

function diagnose(args: Arguments, io: Io): number {
  const [only] = args.positionals;
  if (only !== undefined && !Object.hasOwn(systems, only))
    throw usageError(`there is no system ${JSON.stringify(only)}; ${suggestion(only, Object.keys(systems))}`, { system: only });
  const found = doctor(Object.values(systems).filter(({ name }) => only === undefined || name === only));
  const missing = found.flatMap(({ missing: lacks }) => lacks);
  const packages = [...new Set(missing.map((requirement) => requirement.package))];
  const install = packages.length === 0 ? null : `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  const faults = faultTools();
  if (args.has('json'))
    io.out(
      JSON.stringify({ node: process.version, platform: `${process.platform}-${process.arch}`, systems: found, install, faults }, null, 2),
    );
  else {
    const width = Math.max(...found.map(({ system }) => system.length)) + 2;
    io.out(`Node.js ${process.version} on ${process.platform}-${process.arch}`);
    for (const { system, found: there, missing: lacks } of found) {
      const what =
        lacks.length === 0
          ? `ready: ${there.map(({ path }) => path).join(', ')}`
          : `missing: ${lacks.map(({ binary }) => binary).join(', ')}`;
      io.out(`  ${system.padEnd(width)}${what}`);
    }
    const cannot = faults.filter(({ lacks }) => lacks !== null);
    if (cannot.length === 0)
      io.out(`Faults that need something of their own: all can be done (${faults.map(({ fault }) => fault).join(', ')})`);
    for (const { fault, lacks } of cannot) io.out(`${fault} cannot be done: it lacks ${lacks}`);
    if (install !== null)
      io.out(`Debian and Ubuntu: ${install}\n(a start hook that starts the server is in the way: disable it, or stop the server)`);
  }
  return missing.length === 0 ? exitCodes.pass : exitCodes.environment;
}
