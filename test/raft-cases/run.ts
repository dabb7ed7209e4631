/** `npm run test:raft-cases -- DIR`: every .txt below DIR; one line a file, exit 1 on any difference, 2 on bad usage. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { firstDifference, runFile } from './cases.ts';

function filesBelow(path: string): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(join(path, entry.name)) : entry.name.endsWith('.txt') ? [join(path, entry.name)] : [],
    );
}

function main(folders: readonly string[]): number {
  if (folders.length === 0) {
    console.error('Name a folder (or a file) of cases: npm run test:raft-cases -- DIR');
    return 2;
  }
  let files: string[][];
  try {
    files = folders.map(filesBelow);
  } catch (error) {
    console.error(`Cannot read the cases: ${error instanceof Error ? error.message : String(error)}`);
    return 2;
  }
  let passed = 0;
  let failed = 0;
  folders.forEach((folder, i) => {
    for (const file of files[i] as string[]) {
      const result = runFile(readFileSync(file, 'utf8'));
      passed += result.passed;
      failed += result.differences.length;
      const name = relative(folder, file) || file;
      console.log(
        `${result.differences.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${result.passed} passed, ${result.differences.length} failed`,
      );
      const first = result.differences[0];
      if (first !== undefined) console.log(`      ${name}:${first.line}: ${first.command}\n      ${firstDifference(first, result.format)}`);
    }
  });
  console.log(`${passed} passed, ${failed} failed, in ${files.flat().length} files`);
  if (files.flat().length === 0) {
    console.error('There is no .txt file there.');
    return 2;
  }
  return failed === 0 ? 0 : 1;
}

process.exitCode = main(process.argv.slice(2));
