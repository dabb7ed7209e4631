import { expect, test } from 'vitest';
import { toyAgreement } from '../../simulator/testing.ts';
import { simulatorTarget } from '../simulator-target.ts';
import { validate, validationExit } from './index.ts';

const timing = { heartbeatMs: 30, electionTimeoutMaxMs: 2000 };

test.each([4, 5, 7])('all seven tests have verdicts for %i nodes of a protocol that survives liars', async (nodes) => {
  const target = simulatorTarget(toyAgreement(), nodes, 'lies', timing);
  const report = await validate(target, { seed: 1, rerun: 'again', linearizability: { operations: 100, processes: 5 } });
  const verdicts = report.results.map(({ test: name, verdict, reason = '' }) => [name, verdict === 'PASS' ? verdict : reason]);
  expect(verdicts).toEqual(report.results.map(({ test: name }) => [name, 'PASS']));
  expect(validationExit(report)).toBe(0);
});
