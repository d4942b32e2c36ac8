import { expect, it } from 'vitest';
import { fewErrors } from '../../charts/kube/names.ts';
import { readApp } from './app-states.ts';

/** A Deployment of one pod: the old one serves, and the new one is stopped. */
const deployment = {
  metadata: { name: 'orders', namespace: 'orders', generation: 2 },
  spec: { replicas: 1, selector: {}, template: {} },
  status: {
    observedGeneration: 2,
    readyReplicas: 1,
    updatedReplicas: 1,
    conditions: [{ type: 'Progressing', status: 'False', message: 'it has timed out progressing' }],
  },
};

const podOf = (status: string, namespace = 'orders') => ({
  metadata: { name: `${namespace}-new`, namespace },
  status: { conditions: [{ type: fewErrors, status, message: '15 of its 20 requests failed' }] },
});

it('an app with a pod that is stopped for its errors is not healthy, and the reason is that of the pod', () => {
  expect(readApp(deployment, [podOf('True', 'pay'), podOf('False')])).toMatchObject({
    healthy: false,
    message: 'the new pod orders-new gets no requests: too many errors: 15 of its 20 requests failed',
  });
});

it('open gates and pods of other apps do not count', () => {
  expect(readApp(deployment, [podOf('False', 'pay'), podOf('True')])).toMatchObject({
    healthy: true,
    message: '',
  });
});
