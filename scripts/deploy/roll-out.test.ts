import { describe, expect, it } from 'vitest';
import { fewErrors } from '../../charts/kube/names.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { notRolledOut, whyStuck } from './roll-out.ts';

const workload = (spec: object, status: object, generation = 2): WatchedObject => ({
  metadata: { name: 'orders', generation },
  spec: { ...spec },
  status: { observedGeneration: 2, ...status },
});

describe('a Deployment serves its newest description', () => {
  const missing = (status: object, generation?: number) =>
    notRolledOut('Deployment', workload({ replicas: 2 }, status, generation));

  it('when all its pods are new and available', () => {
    expect(missing({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 })).toBeUndefined();
  });

  it('not before its controller has processed it, even if its pods are ready', () => {
    expect(missing({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, 3)).toBe(
      'its controller has not processed it yet',
    );
    expect(notRolledOut('Deployment', undefined)).toBe('it does not exist yet');
  });

  it('not while pods of the previous version serve instead of new ones', () => {
    expect(missing({ replicas: 3, updatedReplicas: 1, availableReplicas: 2, unavailableReplicas: 1 })).toBe(
      '1 of 2 pods are new',
    );
    expect(missing({ replicas: 3, updatedReplicas: 2, availableReplicas: 2, unavailableReplicas: 1 })).toBe(
      '1 of 2 pods are ready',
    );
  });
});

it('a DaemonSet is rolled out when each node has a new, available pod', () => {
  const missing = (updated: number, available: number) =>
    notRolledOut(
      'DaemonSet',
      workload(
        {},
        { desiredNumberScheduled: 2, updatedNumberScheduled: updated, numberAvailable: available },
      ),
    );
  expect(missing(1, 2)).toBe('1 of 2 pods are new');
  expect(missing(2, 1)).toBe('1 of 2 pods are ready');
  expect(missing(2, 2)).toBeUndefined();
});

describe('a pod that can never become ready', () => {
  const pod = (field: string, state: object, lastState: object = {}): WatchedObject => ({
    metadata: { name: 'orders-1' },
    status: { [field]: [{ name: 'orders', state, lastState }] },
  });

  it('is one whose program ends, reported with its exit code', () => {
    const crashes = pod(
      'containerStatuses',
      { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 10s restarting failed container' } },
      { terminated: { exitCode: 3 } },
    );
    expect(whyStuck(crashes)).toBe('container orders: CrashLoopBackOff, exit code 3');
  });

  it('is one whose image or configuration is missing, also for an init container', () => {
    const waiting = { reason: 'CreateContainerConfigError', message: 'secret "db" not found' };
    expect(whyStuck(pod('initContainerStatuses', { waiting }))).toBe(
      'container orders: CreateContainerConfigError: secret "db" not found',
    );
  });

  it('is one that is stopped for its errors', () => {
    const stopped = (status: string): WatchedObject => ({
      metadata: { name: 'orders-1' },
      status: { conditions: [{ type: fewErrors, status, message: '15 of its 20 requests failed' }] },
    });
    expect(whyStuck(stopped('False'))).toBe('too many errors: 15 of its 20 requests failed');
    expect(whyStuck(stopped('True'))).toBeUndefined();
  });

  it('is not one that is still starting', () => {
    expect(whyStuck(pod('containerStatuses', { waiting: { reason: 'ContainerCreating' } }))).toBeUndefined();
    expect(whyStuck(pod('containerStatuses', { running: {} }))).toBeUndefined();
    expect(whyStuck({ metadata: { name: 'orders-1' } })).toBeUndefined();
  });
});
