/** For tests of other rooms: what the report page is handed, piece by piece. */
export { encodeColumn } from './html-columns.ts';
