/** What this room offers to tests of other rooms: the claims of the paper as data, and the laboratory that runs them. */
export type { PaperCase, Theme } from './paper/case.ts';
export { themes } from './paper/cases.ts';
export { type Implementation, Lab, type RaftClass } from './paper/lab.ts';
