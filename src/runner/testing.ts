<<<<<<< HEAD
/** For tests of other rooms: what the report page is handed, piece by piece. */
=======
/** What tests of the report's page need to see of its writer. */
>>>>>>> web
export { encodeColumn } from './html-columns.ts';
