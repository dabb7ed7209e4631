/** How long the tests of each room may take (test/budgets.json), and the table that says how long they took. */
export interface Budgets {
  /** Seconds of the whole vitest process. */
  readonly totalSeconds: number;
  /** Sum of the durations of a room's test files, seconds. */
  readonly roomSeconds: { readonly [room: string]: number };
}

export interface RoomTime {
  readonly room: string;
  readonly files: number;
  readonly tests: number;
  readonly seconds: number;
}

/** One sentence for each room over its budget or without one. */
export function overBudget(times: readonly RoomTime[], budgets: Budgets): string[] {
  const complaints: string[] = [];
  for (const { room, seconds } of times) {
    const budget = budgets.roomSeconds[room];
    if (budget === undefined) complaints.push(`${room} has tests but no time budget: add it to test/budgets.json`);
    else if (seconds > budget) {
      complaints.push(`the tests of ${room} took ${seconds.toFixed(1)} s of ${budget} s: make them faster or move them to a campaign`);
    }
  }
  return complaints;
}

export function budgetTable(times: readonly RoomTime[], budgets: Budgets): string[] {
  const row = (room: string, files: string, tests: string, took: string, budget: string): string =>
    `  ${room.padEnd(24)}${files.padStart(6)}${tests.padStart(8)}${took.padStart(11)}${budget.padStart(10)}`;
  const lines = [row('room', 'files', 'tests', 'seconds', 'budget')];
  for (const { room, files, tests, seconds } of [...times].sort((a, b) => b.seconds - a.seconds)) {
    const budget = budgets.roomSeconds[room];
    lines.push(row(room, String(files), String(tests), seconds.toFixed(1), budget === undefined ? 'none' : String(budget)));
  }
  return lines;
}
