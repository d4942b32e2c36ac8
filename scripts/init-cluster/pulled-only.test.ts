import { expect, it } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { defineOperator, operatorSchema } from '../../model/operator.ts';
import grafana from '../../operators/grafana/operator.ts';
import loki from '../../operators/loki/operator.ts';
import prometheus from '../../operators/prometheus/operator.ts';
import { Failure } from '../cli/failure.ts';
import { refusePulledOnly } from './pulled-only.ts';

const environment = (...operators: ReturnType<typeof defineOperator>[]) => ({
  name: 'dev',
  operators: operators.map((operator) => ({ ...operatorSchema.parse(operator), extraObjects: [] })),
  lock: loadLock(),
});

it('refuses Grafana and Loki on a machine that builds, with the store that can be built', () => {
  const refused = () => refusePulledOnly(environment(grafana, loki, prometheus));
  expect(refused).toThrow(Failure);
  expect(refused).toThrow(
    /only be pulled.*: docker\.io\/grafana\/grafana:[\d.]+, docker\.io\/grafana\/loki:[\d.]+\.$/,
  );
  try {
    refused();
  } catch (error) {
    expect((error as Failure).next).toContain(
      "'observability: { store: light }' in clusters/dev/cluster.yaml",
    );
  }
});

it('accepts operators whose images can be built', () => {
  expect(() => refusePulledOnly(environment(prometheus))).not.toThrow();
});

it('refuses another image that can only be pulled, without that advice', () => {
  const driver = defineOperator({
    name: 'disks',
    summary: 'Disks.',
    namespace: 'disks',
    images: ['aws-ebs-csi-driver'],
  });
  try {
    refusePulledOnly(environment(driver));
    expect.unreachable();
  } catch (error) {
    expect((error as Failure).next).not.toContain('observability');
  }
});
