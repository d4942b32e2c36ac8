import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountTests, testPlan } from './steps.ts';

const able = { root: true, lacking: [], toBuild: [] };
const ordinary = { root: false, lacking: [], toBuild: [] };

const titles = (...args: Parameters<typeof testPlan>) => testPlan(...args).steps.map(([title]) => title);

test('without options every step runs, the end-to-end test last', () => {
  const { clusters, browser, leftOut } = testPlan({}, able);
  expect({ clusters, browser, leftOut }).toEqual({ clusters: true, browser: true, leftOut: [] });
  expect(titles({}, able).slice(0, 2)).toEqual(['linter', 'types']);
  expect(titles({}, able).at(-1)).toBe('end-to-end test');
});

test('without root the machines are left out, with a message', () => {
  expect(titles({}, ordinary)).not.toContain('machines');
  expect(testPlan({}, ordinary).leftOut).toEqual([
    'machines that become a cluster: Ansible needs root on them',
  ]);
});

test('--unit starts no cluster', () => {
  expect(testPlan({ unit: true }, able)).toMatchObject({ clusters: false, browser: true });
  expect(titles({ unit: true }, able).at(-1)).toBe('services');
});

test('--load starts no cluster and opens no browser', () => {
  expect(testPlan({ load: true }, able)).toMatchObject({ clusters: false, browser: false });
  expect(titles({ load: true }, able)).toEqual(['load']);
});

test('the option of a project runs only that project', () => {
  expect(titles({ identityProduction: true }, able)).toEqual(['identity-production']);
  expect(testPlan({ identityProduction: true }, able).browser).toBe(false);
});

test('without Go, the steps that need a program built with Go are left out, with a message', () => {
  const machine = { root: true, lacking: ['kratos', 'pulumi', 'versitygw'], toBuild: [] };
  expect(titles({}, machine)).not.toContain('stacks on the real engine');
  expect(titles({}, machine)).toContain('services');
  expect(testPlan({}, machine).leftOut).toEqual([
    'accounts and sign-in before Ory Kratos: Go is not installed, by which kratos would be built. Install it from https://go.dev/dl',
    'stacks on the real engine: Go is not installed, by which pulumi and versitygw would be built. Install it from https://go.dev/dl',
  ]);
  expect(testPlan({ unit: true }, machine).leftOut).toHaveLength(1);
  expect(titles({}, { ...able, lacking: ['kratos'] })).toContain('stacks on the real engine');
});

test('the tests that are left out without Kratos are those that start it', () => {
  const cwd = join(import.meta.dirname, '../..');
  const starts = /KratosProcess\.start|SignIn(?:Stack|Chromium)\.start/;
  const found = globSync('test/services/**/*.test.ts', { cwd }).filter((file) =>
    starts.test(readFileSync(join(cwd, file), 'utf8')),
  );
  expect(found.sort()).toEqual(accountTests.toSorted());
});

test('programs that tests start are built before the tests that have a time-out', () => {
  const steps = titles({ unit: true }, { ...able, toBuild: ['kratos'] });
  expect(steps.indexOf('programs of the tests')).toBe(steps.indexOf('unit tests') - 1);
  expect(titles({ unit: true }, able)).not.toContain('programs of the tests');
});
