/** What a tidy rule is. A ban names what to use instead; the rules are themselves tested on snippets that break them. */
import { lineOf, type SourceFile } from './source.ts';

export interface Complaint {
  readonly rule: string;
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export interface Rule {
  readonly name: string;
  /** What to do instead, as it is shown to whoever breaks the rule. */
  readonly instead: string;
  check(file: SourceFile, complain: (at: number, what: string) => void): void;
}

export function apply(rules: readonly Rule[], files: readonly SourceFile[]): Complaint[] {
  const complaints: Complaint[] = [];
  for (const file of files) {
    for (const rule of rules) {
      rule.check(file, (at, what) => {
        complaints.push({ rule: rule.name, path: file.path, line: lineOf(file, at), message: `${what}: ${rule.instead}` });
      });
    }
  }
  return complaints;
}

export const describeComplaint = (complaint: Complaint): string =>
  `${complaint.path}:${complaint.line} [${complaint.rule}] ${complaint.message}`;
