/** What this room offers to tests of other rooms: the claims of the paper as data, and the laboratory that runs them. */

/** The text format of data-driven cases, which the golden scripts here share with the interpreter of etcd's cases. */
export { type Argument, type Case, isTrue, parseCases, valuesOf } from './golden/format.ts';
export type { PaperCase, Theme } from './paper/case.ts';
export { themes } from './paper/cases.ts';
export { type Implementation, Lab, type RaftClass } from './paper/lab.ts';
