/** All subsets of a small list, smaller ones first; each keeps the order of the list. */
export function subsets<T>(of: readonly T[]): T[][] {
  const all: T[][] = [[]];
  for (const one of of) all.push(...all.map((each) => [...each, one]));
  return all.sort((a, b) => a.length - b.length);
}
