/** Runs one benchmark in a process of its own: `bench-child.ts FILE RESULT` writes its figures to RESULT as JSON. */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Figure } from '../bench/measure.ts';

const [file = '', result = ''] = process.argv.slice(2);
const benchmark = (await import(pathToFileURL(file).href)) as { run(): Promise<Figure[]> };
writeFileSync(result, JSON.stringify(await benchmark.run()));
