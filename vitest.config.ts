import { defineConfig } from 'vitest/config';

/** Unit tests that change nothing of their process: they share one, because loading the packages takes longer than the tests. */
const inOneProcess = [
  'model/{checks,diagnostics,schema}/**/*.test.ts',
  'charts/**/*.test.ts',
  'operators/{,*/}!(upstream).test.ts',
];

/** Unit tests that Node cannot run without Vite: those with JSX, and those that load modules again (`vi.resetModules`). */
const byVite = [
  'apps/web/**/*.test.{ts,tsx}',
  'images/program.test.ts',
  'images/{engine/platform,go/build}.test.ts',
  'test/registries/supply.test.ts',
];

/** In CI a failure is read from its message: it has both values whole, not their first characters. */
const chaiConfig = { truncateThreshold: 0 };

const projects = [
  {
    test: {
      name: 'model',
      include: inOneProcess,
      isolate: false,
      testTimeout: 20_000,
      hookTimeout: 60_000,
    },
  },
  {
    test: {
      name: 'vite',
      include: byVite,
      experimental: { viteModuleRunner: true },
      testTimeout: 20_000,
      hookTimeout: 60_000,
    },
  },
  {
    test: {
      name: 'unit',
      include: ['**/*.test.ts'],
      exclude: [
        ...byVite,
        '**/node_modules/**',
        'test/e2e/**',
        'test/services/**',
        'test/stacks/**',
        'test/hosts/**',
        'test/pull/**',
        'test/delivery/**',
        'test/load/**',
        'operators/*/upstream.test.ts',
        ...inOneProcess,
      ],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  },
  {
    test: {
      name: 'stacks',
      include: ['test/stacks/**/*.test.ts'],
      globalSetup: ['test/stacks/programs.ts'],
      // One story each, beside each other: each step needs the one before it.
      bail: 1,
      maxWorkers: 2,
      testTimeout: 120_000,
      hookTimeout: 120_000,
    },
  },
  {
    test: {
      name: 'services',
      // Upstream's manifests come from Go modules, as the charts of services do.
      include: ['test/services/**/*.test.ts', 'operators/*/upstream.test.ts'],
      globalSetup: ['test/services/temporary-folder.ts', 'test/services/postgres-for-all.ts'],
      // One process for all: loading the packages takes longer than the tests.
      isolate: false,
      maxWorkers: 1,
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  },
  {
    test: {
      name: 'e2e',
      include: ['test/e2e/platform.test.ts'],
      // One story: each step needs the one before it.
      bail: 1,
      fileParallelism: false,
      testTimeout: 45 * 60_000,
      hookTimeout: 10 * 60_000,
    },
  },
  {
    test: {
      name: 'delivery',
      include: ['test/delivery/**/*.test.ts'],
      // One story: each step needs the one before it.
      bail: 1,
    },
  },
  {
    test: {
      name: 'dry-run',
      include: ['test/e2e/dry-run.test.ts'],
      testTimeout: 10 * 60_000,
    },
  },
  ...[
    'identity',
    'identity-production',
    'observability',
    'workloads',
    'acme',
    'people',
    'tutorial',
    'charts',
    'data',
    'registry',
  ].map((name) => ({
    test: {
      name,
      include: [`test/e2e/${name}.test.ts`],
      bail: 1,
      testTimeout: 45 * 60_000,
      hookTimeout: 10 * 60_000,
    },
  })),
  {
    test: {
      name: 'load',
      include: ['test/load/*.test.ts'],
      fileParallelism: false,
      testTimeout: 10 * 60_000,
      hookTimeout: 30 * 60_000,
    },
  },
  ...['pull', 'bundle'].map((name) => ({
    test: {
      name,
      include: [`test/pull/${name}.test.ts`],
      bail: 1,
      testTimeout: 45 * 60_000,
      hookTimeout: 60 * 60_000,
    },
  })),
  // One story each, as above, on machines that are made here.
  ...['nodes', 'control-planes', 'upgrade', 'production'].map((name) => ({
    test: {
      name,
      include: [`test/hosts/${name}.test.ts`],
      tags: [{ name: 'core', description: 'What `npm test` runs of a story.' }],
      bail: 1,
      testTimeout: 45 * 60_000,
      hookTimeout: 45 * 60_000,
    },
  })),
];

export default defineConfig({
  test: {
    // Node runs TypeScript itself: Vite would transform each module again for every test file.
    experimental: { viteModuleRunner: false },
    // The main process is idle: Vite transforms nothing.
    maxWorkers: '100%',
    projects: projects.map(({ test }) => ({ test: { ...test, chaiConfig } })),
  },
});
