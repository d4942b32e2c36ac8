import { expect, it } from 'vitest';
import { firstCauses } from './first-causes.ts';
import { readKustomizations } from './kustomization-states.ts';

/** A Kustomization that is not Ready for that reason. */
const item = (name: string, reason: string, message: string) => ({
  metadata: { name, namespace: 'flux-system', generation: 1 },
  spec: {},
  status: {
    observedGeneration: 1,
    conditions: [{ type: 'Ready', status: reason === '' ? 'True' : 'False', reason, message }],
  },
});
const waits = (name: string, on: string) =>
  item(name, 'DependencyNotReady', `dependency 'flux-system/${on}' is not ready`);

it('a Kustomization on which others wait is reported once, before those that fail alone', () => {
  const states = readKustomizations({
    items: [
      waits('orders', 'orders-db'),
      waits('orders-db', 'cloudnative-pg'),
      item('cloudnative-pg', 'HealthCheckFailed', 'timeout waiting for: [Deployment/cnpg]'),
      item('home', 'BuildFailed', 'no such file'),
      item('traefik', '', 'Applied'),
    ],
  });
  expect(firstCauses(states)).toEqual([
    {
      name: 'cloudnative-pg',
      message: 'timeout waiting for: [Deployment/cnpg]',
      waiting: ['orders', 'orders-db'],
    },
    { name: 'home', message: 'no such file', waiting: [] },
  ]);
});

it('a Kustomization that waits for a Ready one, or for itself in a cycle, is a cause of its own', () => {
  const states = readKustomizations({
    items: [waits('a', 'ready'), item('ready', '', 'Applied'), waits('b', 'c'), waits('c', 'b')],
  });
  expect(firstCauses(states).map(({ name }) => name)).toContain('a');
  expect(
    firstCauses(states)
      .flatMap(({ name, waiting }) => [name, ...waiting])
      .sort(),
  ).toEqual(['a', 'b', 'c'].sort());
});
