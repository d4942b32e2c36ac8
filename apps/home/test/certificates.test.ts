import { describe, expect, test } from 'vitest';
import { certificateStates } from '../src/certificates.ts';
import type { Certificate, Condition } from '../src/objects.ts';
import { certificate } from './objects.ts';

// It is issued on the first of March, renewed on the 30th of April and ends on the 30th of May.
function at(time: string, change: Partial<Certificate['status'] & object> = {}) {
  const item = certificate('orders-rw', 'orders');
  item.status = { ...item.status, ...change };
  return certificateStates([item], Date.parse(time))[0];
}

function ready(status: string, reason: string, message = ''): Condition {
  return { type: 'Ready', status, reason, message, lastTransitionTime: '2026-03-02T00:00:00Z' };
}

describe('the state of a certificate', () => {
  test('is good, with its times, its issuer and its names', () => {
    expect(at('2026-03-01T09:00:00Z')).toMatchObject({
      mood: 'good',
      subject: 'orders-rw',
      issuer: 'orders-ca',
      notBefore: '2026-03-01T08:00:00Z',
      renewal: '2026-04-30T08:00:00Z',
      notAfter: '2026-05-30T08:00:00Z',
    });
  });

  test('is failing if its renewal is overdue, by the clock alone', () => {
    expect(at('2026-04-30T08:09:00Z')).toMatchObject({ mood: 'good' });
    expect(at('2026-04-30T08:11:00Z')).toMatchObject({
      mood: 'bad',
      message: 'Its renewal is overdue.',
      more: { command: 'kubectl --namespace orders describe certificate orders-rw' },
    });
  });

  test('is failing if it has expired', () => {
    expect(at('2026-05-30T08:00:00Z')).toMatchObject({ mood: 'bad', message: 'It has expired.' });
  });

  test('is working while it is issued, and failing if the last attempt failed', () => {
    const issuing = (status: string, message: string): Condition => ({ type: 'Issuing', status, message });
    const none = ready('False', 'DoesNotExist', 'Issuing certificate as Secret does not exist');
    const time = '2026-03-01T09:00:00Z';
    expect(at(time, { conditions: [issuing('True', 'Issuing'), none] })).toMatchObject({ mood: 'working' });
    expect(at(time, { conditions: [issuing('False', 'denied by policy'), none] })).toMatchObject({
      mood: 'bad',
      message: 'denied by policy',
    });
  });

  test('is working before cert-manager has processed it, and failing if cert-manager reports that it is not ready', () => {
    const time = '2026-03-01T09:00:00Z';
    expect(at(time, { conditions: [] })).toMatchObject({ mood: 'working' });
    const wrong = ready('False', 'IncorrectIssuer', 'issued by another issuer');
    expect(at(time, { conditions: [wrong] })).toMatchObject({
      mood: 'bad',
      message: 'issued by another issuer',
    });
  });
});
