import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.campaign.ts', 'test/**/*.campaign.ts'],
    testTimeout: 30 * 60_000,
    hookTimeout: 30 * 60_000,
    maxWorkers: '100%',
    passWithNoTests: true,
    reporters: ['default', './tools/room-reporter.ts'],
  },
});
