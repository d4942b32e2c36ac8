import { expect, it } from 'vitest';
import { refusalOf, showAccepted } from './dry-run.ts';

// Of the cluster that KUBECONFIG names: npm run test:dry-run

const deployment = (port: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'wrong', namespace: 'wrong' },
  spec: {
    selector: { matchLabels: { app: 'wrong' } },
    template: {
      metadata: { labels: { app: 'wrong' } },
      spec: { containers: [{ name: 'wrong', image: 'example.org/wrong:1', ports: [port] }] },
    },
  },
});

it('the API server looks: it refuses a wrong name of a port, and a field that it does not know', async () => {
  expect(await refusalOf(deployment({ name: '8080', containerPort: 8080 }))).toContain('ports[0].name');
  expect(await refusalOf(deployment({ containerPort: 8080, colour: 'red' }))).toContain('colour');
  expect(await refusalOf(deployment({ name: 'http', containerPort: 8080 }))).toBeUndefined();
});

it('the API server takes every object that comes of what the render takes', async () => {
  const { objects, refused } = await showAccepted();
  console.log(`${objects} objects were shown to the API server`);
  expect(refused).toEqual([]);
});
