/** Writes src/cli/init-files.ts, the files of `lightcone init`, from examples/my-service: what is tested is what is written. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './rooms.ts';

/** Where each file of the example goes in a user's project. */
export const initFiles: { readonly [example: string]: string } = {
  'service.ts': 'lightcone/service.ts',
  'my-system.ts': 'lightcone/my-system.ts',
  'my-system.test.ts': 'lightcone/my-system.test.ts',
  'follower-cut-off.yaml': 'lightcone/follower-cut-off.yaml',
  'nightly.yml': '.github/workflows/lightcone.yml',
};

/** In a project the files lie in a folder of their own. */
export const placed = (text: string): string =>
  text
    .replace(/(check |module )\.\/my-system\.ts/g, '$1./lightcone/my-system.ts')
    .replaceAll('--scenario follower-cut-off', '--scenario lightcone/follower-cut-off');

export function initModule(): string {
  const quoted = (line: string): string =>
    line.includes("'") && !line.includes('"')
      ? `"${line.replaceAll('\\', '\\\\')}"`
      : `'${line.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const entries = Object.entries(initFiles).map(([example, path]) => {
    const text = placed(readFileSync(join(root, 'examples', 'my-service', example), 'utf8'));
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => `    ${quoted(line)},\n`);
    return `  '${path}': [\n${lines.join('')}  ],\n`;
  });
  return `/** The files of \`lightcone init\`, line by line. Made from examples/my-service by tools/init-files.ts. */\n// biome-ignore-all lint/suspicious/noTemplateCurlyInString: lines of a program, not a template\nexport const initFiles: { readonly [path: string]: readonly string[] } = {\n${entries.join('')}};\n`;
}

if (process.argv[1] === import.meta.filename) writeFileSync(join(root, 'src', 'cli', 'init-files.ts'), initModule());
