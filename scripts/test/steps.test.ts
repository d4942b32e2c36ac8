import { expect, test } from 'vitest';
import { testPlan } from './steps.ts';

const titles = (...args: Parameters<typeof testPlan>) => testPlan(...args).steps.map(([title]) => title);

test('without options every step runs, the end-to-end test last', () => {
  const { clusters, browser, leftOut } = testPlan({}, true);
  expect({ clusters, browser, leftOut }).toEqual({ clusters: true, browser: true, leftOut: [] });
  expect(titles({}, true).slice(0, 2)).toEqual(['linter', 'types']);
  expect(titles({}, true).at(-1)).toBe('end-to-end test');
});

test('without root the machines are left out, with a message', () => {
  expect(titles({}, false)).not.toContain('machines');
  expect(testPlan({}, false).leftOut).toEqual(['machines that become a cluster: Ansible needs root on them']);
});

test('--unit starts no cluster', () => {
  expect(testPlan({ unit: true }, true)).toMatchObject({ clusters: false, browser: true });
  expect(titles({ unit: true }, true).at(-1)).toBe('services');
});

test('the option of a project runs only that project', () => {
  expect(titles({ identityProduction: true }, true)).toEqual(['identity-production']);
  expect(testPlan({ identityProduction: true }, true).browser).toBe(false);
});
