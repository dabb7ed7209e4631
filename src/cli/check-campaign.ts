/** `lightcone check SYSTEM --runs N`: a campaign over seeds and drawn fault schedules. */
import type { System } from '../systems/index.ts';
import { type Arguments, usageError } from './arguments.ts';
import type { Io } from './verb.ts';

export async function checkCampaign(_name: string, _system: System, _args: Arguments, _io: Io): Promise<number> {
  throw usageError('campaigns are not there yet');
}
