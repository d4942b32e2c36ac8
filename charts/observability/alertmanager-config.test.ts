import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { chart } from '../../operators/alertmanager/chart.ts';
import alertmanager from '../../operators/alertmanager/operator.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { field, listField } from '../kube/field.ts';
import { isPreExisting } from '../order/pre-existing.ts';
import { alertmanagerConfig, receiverPorts } from './alertmanager-config.ts';

const golden = join(import.meta.dirname, 'golden');
const slack = { kind: 'slack', channel: '#alerts' };
const mail = {
  kind: 'mail',
  to: ['ada@example.org', 'bob@example.org'],
  from: 'plinth@example.org',
  smarthost: 'smtp.example.org:587',
};
const told = (...receivers: object[]) =>
  environment({
    operators: [alertmanager],
    cluster: { observability: { store: 'light', alerts: { receivers, secret: 'alert-receivers' } } },
  });
const all = told({ kind: 'webhook' }, slack, { ...mail, user: 'plinth' }, { kind: 'heartbeat' });

describe('the receivers of alerts', () => {
  it('are in the configuration, without addresses and passwords', async () => {
    await expect(stringify(alertmanagerConfig(all))).toMatchFileSnapshot(join(golden, 'alertmanager.yaml'));
  });

  it('are absent if cluster.yaml has none', () => {
    expect(alertmanagerConfig(environment({ cluster: { observability: { store: 'light' } } }))).toEqual({
      route: { receiver: 'nobody', group_by: ['alertname', 'namespace'], group_wait: '30s' },
      receivers: [{ name: 'nobody' }],
    });
  });

  it('mount only the keys that they read, and the configuration refers to exactly these files', () => {
    const pod = field(find(chart(all), 'Deployment', 'alertmanager'), 'spec', 'template', 'spec');
    const volume = listField(pod, 'volumes').find((each) => field(each, 'name') === 'receivers');
    const paths = listField(volume, 'secret', 'items').map((item) => String(field(item, 'path')));
    expect(field(volume, 'secret', 'secretName')).toBe('alert-receivers');
    expect(paths).toEqual(['webhook-url', 'slack-url', 'mail-password', 'heartbeat-url']);
    const mount = listField(pod, 'containers')
      .flatMap((container) => listField(container, 'volumeMounts'))
      .find((each) => field(each, 'name') === 'receivers');
    const named = [...stringify(alertmanagerConfig(all)).matchAll(/_file: (\S+)/g)].map(([, path]) => path);
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)].sort()).toEqual(
      paths.map((path) => `${field(mount, 'mountPath')}/${path}`).sort(),
    );
  });

  it('do not wait for a component with their Secret, which is created by hand', () => {
    expect(isPreExisting(all, 'Secret alertmanager/alert-receivers')).toBe(true);
    expect(isPreExisting(told(mail), 'Secret alertmanager/alert-receivers')).toBe(false);
  });

  it('are reachable only at their ports; without receivers there is no egress', () => {
    expect(receiverPorts(all)).toEqual([443, 587]);
    expect(receiverPorts(told(mail))).toEqual([587]);
    const policies = (env: typeof all) =>
      chart(env).objects.filter(
        ({ kind, spec }) => kind === 'NetworkPolicy' && listField(spec, 'egress').length > 0,
      );
    expect(policies(all)).toHaveLength(1);
    expect(
      policies(environment({ operators: [alertmanager], cluster: { observability: { store: 'light' } } })),
    ).toEqual([]);
  });
});
