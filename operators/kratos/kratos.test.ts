import { expect, it } from 'vitest';
import { field, listField } from '../../charts/kube/field.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { DiagnosticsFailure } from '../../scripts/render/diagnostics-failure.ts';
import { renderAll } from '../../scripts/render/render.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { chart, configFiles } from './chart.ts';
import kratosOperator from './operator.ts';

const mailpit = { mail: { kind: 'mailpit' } };
const everything = {
  registration: 'closed',
  methods: { password: { minimumLength: 16, breachCheck: true }, totp: false },
  recovery: 'link',
  sessions: { lifetime: '7d', privileged: '5m', remember: false },
  secret: 'sign-in',
  providers: {
    google: { kind: 'google', clientId: 'a' },
    hub: { kind: 'github', clientId: 'b' },
    lab: { kind: 'gitlab', clientId: 'c', issuer: 'https://gitlab.example.org' },
    entra: { kind: 'microsoft', clientId: 'd', tenant: 'common' },
    own: { kind: 'oidc', clientId: 'e', issuer: 'https://id.example.org', label: 'Example' },
  },
  mail: { kind: 'smtp', host: 'smtp.example.org', from: 'no-reply@example.org', user: 'a b' },
};

function rendered(signIn: object, cluster: object = {}): Component {
  const made = chart(
    environment({
      cluster: { signIn, ...cluster },
      operators: [
        kratosOperator,
        {
          name: 'front',
          summary: 'Calls it.',
          namespace: 'front-pages',
          calls: ['kratos'],
        },
      ],
    }),
  );
  if (made === undefined) throw new Error('nothing was made');
  return made;
}

it.each<[string, object]>([
  ['least', mailpit],
  ['everything', everything],
])('configuration of %s', async (name, signIn) => {
  const { cluster } = environment({ cluster: { signIn } });
  if (cluster.signIn === undefined) throw new Error('no sign-in');
  await expect(configFiles({ cluster }, cluster.signIn)['kratos.yaml']).toMatchFileSnapshot(
    `golden/${name}.yaml`,
  );
});

it.each<[string, string]>([
  ['Mailpit', 'signIn: { mail: { kind: mailpit } }'],
  [
    'SMTP and a provider',
    'signIn: { secret: sign-in, mail: { kind: smtp, host: smtp.example.org, from: a@example.org, user: a }, providers: { hub: { kind: github, clientId: b } } }',
  ],
  [
    'breached passwords looked up',
    'signIn: { mail: { kind: mailpit }, methods: { password: { breachCheck: true } } }',
  ],
  ['Mailpit with everything watched', 'observability: { store: light }\nsignIn: { mail: { kind: mailpit } }'],
])('a platform with %s violates no rule', async (_, signIn) => {
  const edit = ['clusters/dev/cluster.yaml', platformCluster(`${signIn}\napps: {}`)] as const;
  const diagnostics = await withPlatform([edit], async (folder) => {
    try {
      await renderAll(folder);
      return '';
    } catch (error) {
      if (error instanceof DiagnosticsFailure) return error.message;
      throw error;
    }
  });
  expect(diagnostics).toBe('');
});

it('callers reach the public API only, and nobody the admin API', () => {
  const policy = find(rendered(mailpit), 'NetworkPolicy', 'kratos');
  expect(listField(policy, 'spec', 'ingress')).toEqual([
    {
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'front-pages' } },
          podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/name': 'front' }) },
        },
      ],
      ports: [{ protocol: 'TCP', port: 4433 }],
    },
  ]);
});

it('no value of a Secret is in a manifest: pods read each by its key', () => {
  const component = rendered(everything);
  expect(component.objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  const [container] = listField(
    find(component, 'Deployment', 'kratos'),
    'spec',
    'template',
    'spec',
    'containers',
  );
  const fromSecrets = listField(container, 'env').flatMap((variable) => {
    const from = field(variable, 'valueFrom', 'secretKeyRef');
    return from === undefined
      ? []
      : [`${field(variable, 'name')} ${field(from, 'name')}/${field(from, 'key')}`];
  });
  expect(fromSecrets).toEqual([
    'SECRETS_COOKIE kratos-keys/cookie',
    'SECRETS_CIPHER kratos-keys/cipher',
    'SECRETS_DEFAULT kratos-keys/default',
    'SMTP_PASSWORD sign-in/smtp-password',
    'SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_0_CLIENT_SECRET sign-in/oidc-google',
    'SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_1_CLIENT_SECRET sign-in/oidc-hub',
    'SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_2_CLIENT_SECRET sign-in/oidc-lab',
    'SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_3_CLIENT_SECRET sign-in/oidc-entra',
    'SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS_4_CLIENT_SECRET sign-in/oidc-own',
  ]);
  expect(listField(container, 'env')).toContainEqual({
    name: 'COURIER_SMTP_CONNECTION_URI',
    value: 'smtps://a%20b:$(SMTP_PASSWORD)@smtp.example.org:465/',
  });
});

it('the Job that creates the keys may only create Secrets in its namespace', () => {
  const component = rendered(mailpit);
  expect(field(find(component, 'Role', 'kratos-keys'), 'rules')).toEqual([
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  ]);
  expect(component.objects.filter(({ kind }) => kind === 'ClusterRole')).toEqual([]);
});

it('production has two pods that serve, and one that sends mail', () => {
  const component = rendered(everything, { production: true });
  const replicas = (name: string) => field(find(component, 'Deployment', name), 'spec', 'replicas');
  expect([replicas('kratos'), replicas('kratos-courier')]).toEqual([2, 1]);
  expect(find(component, 'PodDisruptionBudget', 'kratos')).toBeDefined();
});
