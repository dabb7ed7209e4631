/** The long campaigns (`*.campaign.ts`). With arguments: only those that they name. */
import { close, runSuite } from './suite.ts';

close('campaign', [runSuite('campaign', process.argv.slice(2))]);
