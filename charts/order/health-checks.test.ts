import { expect, it } from 'vitest';
import { operatorSchema } from '../../model/operator.ts';
import traefik from '../../operators/traefik/operator.ts';
import { healthChecks } from './health-checks.ts';

const group = 'gateway.networking.k8s.io';
const operators = [
  operatorSchema.parse(traefik),
  operatorSchema.parse({
    name: 'things',
    summary: 'Things.',
    namespace: 'things',
    provides: {
      kinds: [
        { kind: 'Thing.example.org', conditions: ['Ready'] },
        { kind: 'Flag.example.org', statusField: 'applied' },
        'Other.example.org',
      ],
    },
  }),
];

function checks(apiVersion: string, ...kinds: string[]) {
  const objects = kinds.map((kind) => ({ apiVersion, kind, metadata: { name: 'x' } }));
  return healthChecks(operators, objects);
}

it("waits for the operator's conditions, of the current generation", () => {
  expect(checks('example.org/v1', 'Thing', 'Thing')).toEqual({
    healthCheckExprs: [
      {
        apiVersion: 'example.org/v1',
        kind: 'Thing',
        current:
          "status.conditions.exists(c, c.type == 'Ready' && c.status == 'True' && " +
          '(!has(c.observedGeneration) || c.observedGeneration == metadata.generation))',
      },
    ],
  });
});

it('waits for a status field if a kind has no conditions', () => {
  expect(checks('example.org/v1', 'Flag')).toMatchObject({
    healthCheckExprs: [
      {
        current: 'has(status.applied) && status.applied && status.observedGeneration == metadata.generation',
      },
    ],
  });
});

it('waits for every parent of a route, at least one', () => {
  const text = JSON.stringify(checks(`${group}/v1`, 'HTTPRoute'));
  expect(text).toContain('status.parents.size() > 0 && status.parents.all(parent, parent.conditions.exists(');
  expect(text).toContain("c.type == 'ResolvedRefs'");
});

it('omits kinds that Flux knows itself, and kinds without conditions', () => {
  expect(checks('apps/v1', 'Deployment')).toEqual({});
  expect(checks('example.org/v1', 'Other')).toEqual({});
  // Of another group, whatever its name.
  expect(checks('other.example/v1', 'Thing')).toEqual({});
});
