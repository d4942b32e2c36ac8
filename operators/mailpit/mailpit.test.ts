import { expect, it } from 'vitest';
import { field, listField } from '../../charts/kube/field.ts';
import { routesPolicy } from '../../charts/kube/names.ts';
import { authorities } from '../../model/identity.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { chart as traefik } from '../traefik/chart.ts';
import { chart } from './chart.ts';

const env = environment({ cluster: { signIn: { mail: { kind: 'mailpit' } } } });
const elsewhere = environment({
  cluster: { signIn: { mail: { kind: 'smtp', host: 'smtp.example.org', from: 'a@example.org' } } },
});

it('its page is at mail.DOMAIN, with matching route, certificate and policy', () => {
  const made = chart(env);
  if (made === undefined) throw new Error('nothing was made');
  expect(field(find(made, 'HTTPRoute', 'mailpit'), 'spec', 'hostnames')).toEqual(['mail.test.localhost']);
  const gateway = traefik(env);
  expect(field(find(gateway, 'ConfigMap', routesPolicy), 'data')).toMatchObject({
    mailpit: 'mail.test.localhost',
  });
  const [container] = listField(
    find(gateway, 'Deployment', 'traefik'),
    'spec',
    'template',
    'spec',
    'containers',
  );
  expect(listField(container, 'args').join(' ')).toMatch(/kubernetesGateway\.namespaces=\S*\bmailpit\b/);
  const [leaf] = authorities(env).find(({ kind }) => kind === 'gateway')?.leaves ?? [];
  expect(leaf?.dnsNames).toContain('mail.test.localhost');
});

it('only the courier sends mails to it, and it calls nothing', () => {
  const made = chart(env);
  if (made === undefined) throw new Error('nothing was made');
  const policy = find(made, 'NetworkPolicy', 'mailpit');
  const smtp = listField(policy, 'spec', 'ingress').filter((rule) => JSON.stringify(rule).includes('1025'));
  expect(smtp).toHaveLength(1);
  expect(JSON.stringify(smtp)).toContain('kratos-courier');
  expect(field(policy, 'spec', 'egress')).toBeUndefined();
});

it('does not run if mail goes to another server', () => {
  expect(chart(elsewhere)).toBeUndefined();
  expect(JSON.stringify(traefik(elsewhere).objects)).not.toContain('mail.test.localhost');
});
