/** Files that say what to run: scenarios (YAML 1.2, of which JSON is a part), and saved runs. What is wrong is one sentence with file, line and value. */
import { readFile, stat } from 'node:fs/promises';
import { type Document, isNode, LineCounter, parseDocument, stringify } from 'yaml';
import { LightconeError } from '../core/index.ts';
import { parseScenario, type Scenario } from '../scenario/index.ts';
import { parseReplay, type ReplayFile } from '../simulator/index.ts';

const MAX_BYTES = 4 * 1024 * 1024;
/** How often aliases may be expanded: guards against a small file that unfolds into gigabytes. */
const MAX_ALIASES = 100;

/** Throws LC_FILE, or what readScenario throws. */
export async function readScenarioFile(path: string): Promise<Scenario> {
  return readScenario(await textOf(path), path);
}

/** A run that `simulate --save` wrote; null: the file is something else. Throws LC_FILE, or what parseReplay throws. */
export async function readReplayFile(path: string): Promise<ReplayFile | null> {
  let value: unknown;
  try {
    value = JSON.parse(await textOf(path));
  } catch (error) {
    if (error instanceof LightconeError) throw error;
    return null;
  }
  return typeof value === 'object' && value !== null && 'replay' in value ? parseReplay(value, path) : null;
}

async function textOf(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES)
      throw new LightconeError('LC_SCENARIO', `${path}: ${size} bytes are more than a scenario may have (${MAX_BYTES})`, { path });
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof LightconeError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : (code ?? 'unknown reason');
    throw new LightconeError('LC_FILE', `${path} cannot be read: ${why}`, { path }, error);
  }
}

/** Throws LC_SCENARIO (also for text that is no YAML), LC_SCENARIO_NODE, LC_SCENARIO_OVERLAP; `source` stands first in the sentence. */
export function readScenario(text: string, source: string): Scenario {
  const { document, lines } = parsed(text);
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    const { line } = lines.linePos(problem.pos[0]);
    throw new LightconeError('LC_SCENARIO', `${source}:${line}: not YAML: ${sentence(problem.message)}`, { source, line });
  }
  const value = plainValue(document, source);
  try {
    return parseScenario(value, source);
  } catch (error) {
    const line = error instanceof LightconeError ? lineOf(document, lines, String(error.data.path ?? '')) : null;
    return line === null ? rethrow(error) : parseScenario(value, `${source}:${line}`);
  }
}

/** A scenario as a file that `readScenario` reads back; nodes that are only names are written as names. */
export function scenarioYaml({ nodes, ...scenario }: Scenario): string {
  const plain = nodes.every((node) => Object.keys(node).length === 1);
  const { scenario: version, name, about, target, ...rest } = scenario;
  const head = { scenario: version, name, ...(about === undefined ? {} : { about }), target };
  return stringify({ ...head, nodes: plain ? nodes.map((node) => node.name) : nodes, ...rest });
}

function parsed(text: string): { readonly document: Document; readonly lines: LineCounter } {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    schema: 'core',
    strict: true,
    uniqueKeys: true,
    stringKeys: true,
    prettyErrors: false,
    logLevel: 'error',
  });
  return { document, lines };
}

/** Where the error of a scenario that was read before stands: `file:line`, or the file alone. `path` is that of its data. */
export async function placeInScenarioFile(file: string, path: unknown): Promise<string> {
  if (typeof path !== 'string') return file;
  const { document, lines } = parsed(await readFile(file, 'utf8'));
  const line = lineOf(document, lines, path);
  return line === null ? file : `${file}:${line}`;
}

function rethrow(error: unknown): never {
  throw error;
}

function plainValue(document: Document, source: string): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    // A value that contains itself has no JSON, nor does a function or symbol.
    JSON.stringify(value);
    return value;
  } catch {
    throw new LightconeError('LC_SCENARIO', `${source}: its aliases unfold into too much, or into themselves`, { source });
  }
}

/** The line of the innermost thing on the path that the file has: a missing field is said where its owner starts. */
function lineOf(document: Document, lines: LineCounter, path: string): number | null {
  const steps = [...path.matchAll(/[^.[\]]+/g)].map(([step]) => (/^\d+$/.test(step) ? Number(step) : step));
  for (let length = steps.length; length >= 0; length--) {
    const found: unknown = length === 0 ? document.contents : document.getIn(steps.slice(0, length), true);
    if (isNode(found) && found.range) return lines.linePos(found.range[0]).line;
  }
  return null;
}

function sentence(message: string): string {
  return message.split('\n')[0]?.replace(/[:.]?\s*$/, '') ?? message;
}
