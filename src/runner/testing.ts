/** What tests of the report's page need to see of its writer. */
export { encodeColumn } from './html-columns.ts';
