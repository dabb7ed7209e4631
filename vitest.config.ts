import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'web/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Tests with real servers wait more than they work: as many files at a time as there are processors.
    maxWorkers: '100%',
    reporters: ['default', './tools/room-reporter.ts'],
  },
});
