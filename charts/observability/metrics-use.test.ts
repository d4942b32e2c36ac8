import { describe, expect, it } from 'vitest';
import type { OperatorInput } from '../../model/operator.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { metricsReaders, metricsVariables, toMetrics } from './metrics-use.ts';

const prometheus: OperatorInput = { name: 'prometheus', summary: 'Metrics.', namespace: 'prometheus' };
const reader = testApp({ name: 'board', uses: [{ kind: 'metrics', reason: 'It plots them.' }] });
const other = testApp({ name: 'shop' });

describe('an app that reads metrics', () => {
  const env = environment({ apps: [reader, other], operators: [prometheus] });

  it('has the address of Prometheus, and both network policies', () => {
    expect(metricsVariables(env, reader)).toEqual([
      { name: 'METRICS_URL', value: 'http://prometheus.prometheus.svc.cluster.local:9090' },
    ]);
    expect(toMetrics(env, reader)).toHaveLength(1);
    expect(JSON.stringify(metricsReaders(env))).toContain('board');
  });

  it('is the only one that Prometheus accepts', () => {
    expect([metricsVariables(env, other), toMetrics(env, other)]).toEqual([[], []]);
    expect(JSON.stringify(metricsReaders(env))).not.toContain('shop');
  });

  it('has neither variable nor policies if no Prometheus runs', () => {
    const off = environment({ apps: [reader] });
    expect([metricsVariables(off, reader), toMetrics(off, reader), metricsReaders(off)]).toEqual([
      [],
      [],
      [],
    ]);
  });
});
