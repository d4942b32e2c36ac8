import { request } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appComponent } from '../../charts/app/app.ts';
import { textField } from '../../charts/kube/field.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { loadLock } from '../../images/lock/index.ts';
import { chart as admission } from '../../operators/admission/chart.ts';
import { chart as operator } from '../../operators/external-secrets/chart.ts';
import externalSecrets from '../../operators/external-secrets/operator.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { readDefinitions, serveDefinitions } from '../../scripts/verify/definitions.ts';
import { DryRun } from '../../scripts/verify/dry-run.ts';
import { ObeyedPolicies, policiesOf } from '../../scripts/verify/policies.ts';
import { verify } from '../../scripts/verify/verify.ts';
import { environment, openBaoStore, testApp } from '../charts/fixture.ts';
import { appFile, platformCluster, withPlatform } from '../model/fixture.ts';

const app = appFile(
  'shop',
  `uses: [
    { kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] },
    { kind: 'secret', name: 'registry', keys: ['.dockerconfigjson'], as: 'pull' },
  ],`,
);
const onMachines = `registry: { overlay: tls }
nodes: [{ name: one, role: control-plane, address: 192.0.2.1, cpu: "8", memory: 16Gi }]
`;
const stores: [name: string, cluster: string][] = [
  [
    'OpenBao',
    platformCluster(
      'secrets: { external: { kind: openbao, server: "https://bao.example.org", networks: [192.0.2.8/32], role: apps } }\napps: { shop: }',
    ),
  ],
  [
    'AWS Secrets Manager',
    platformCluster(
      `${onMachines}secrets: { external: { kind: aws, region: eu-central-1 } }\napps: { shop: }`,
    ).replace(
      '{ kind: kind }',
      "{ kind: machines, buckets: { region: eu-central-1, account: '111122223333' } }",
    ),
  ],
];

it.each(stores)(
  'the definitions of upstream and a real API server accept all objects of an environment with secrets in %s',
  async (_, cluster) => {
    await withPlatform(
      [
        ['apps/shop/app.ts', app],
        ['clusters/dev/cluster.yaml', cluster],
      ],
      async (root) => {
        const { diagnostics } = await verify(root, { offline: false, report: () => {} });
        expect(diagnostics).toEqual([]);
      },
    );
  },
);

describe('a real API server', () => {
  const uses = [
    { kind: 'secret' as const, name: 'stripe', keys: ['STRIPE_KEY'] },
    { kind: 'secret' as const, name: 'registry', keys: ['.dockerconfigjson'], as: 'pull' as const },
  ];
  const env = environment({
    apps: [testApp({ name: 'shop', uses }), testApp({ name: 'till', uses })],
    operators: [externalSecrets],
    cluster: {
      secrets: {
        external: openBaoStore,
      },
    },
  });
  let api: ApiServer;

  beforeAll(async () => {
    const lock = loadLock();
    const report = () => {};
    api = await startApiServer(lock.kubernetes, { lock, report });
    await serveDefinitions(api.config, await readDefinitions(['external-secrets-crds'], report));
    const server = new DryRun(api.config);
    const policies = admission(env).objects;
    await new ObeyedPolicies(server).obey(policiesOf(policies));
    const objects = [
      ...(operator(env)?.objects ?? []),
      ...env.apps.flatMap((app) => appComponent(env, app).objects),
    ];
    const first = ['Namespace', 'ServiceAccount'];
    const ordered = [...objects].sort(
      (a, b) => Number(first.includes(b.kind)) - Number(first.includes(a.kind)),
    );
    for (const object of ordered) {
      const refusal = await server.keep(object);
      if (refusal !== undefined) throw new Error(`${objectId(object)}: ${refusal.message}`);
    }
  }, 300_000);
  afterAll(() => api?.stop());

  /** Status and answer of a request as the pod that reads the secrets of the shop, or with a token. */
  async function ask(
    path: string,
    body?: object,
    token?: string,
  ): Promise<{ status: number; answer: unknown }> {
    const { server = '', caData = '' } = api.config.getCurrentCluster() ?? {};
    const own = {
      authorization: `Bearer ${api.config.getCurrentUser()?.token}`,
      'impersonate-user': 'system:serviceaccount:external-secrets:shop',
    };
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(path, server),
        {
          method: body === undefined ? 'GET' : 'POST',
          ca: Buffer.from(caData, 'base64'),
          headers: {
            'content-type': 'application/json',
            ...(token === undefined ? own : { authorization: `Bearer ${token}` }),
          },
        },
        (response) => {
          json(response).then((answer) => resolve({ status: response.statusCode ?? 0, answer }), reject);
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }
  /** A new kind of object answers 429 until the API server has a cache of it. */
  const status = async (path: string, body?: object, token?: string) => {
    for (let tries = 0; tries < 100; tries++) {
      const { status: given } = await ask(path, body, token);
      if (given !== 429) return given;
      await sleep(200);
    }
    return 429;
  };
  const inShop = '/api/v1/namespaces/shop';
  const group = '/apis/external-secrets.io/v1';
  const tokenOf = (account: string, spec: object) =>
    ask(`${inShop}/serviceaccounts/${account}/token`, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec,
    });

  it('lets the pod of an app read and write the Secrets of this app, and no others', async () => {
    expect(await status(`${inShop}/secrets`)).toBe(200);
    expect(await status(`${group}/namespaces/shop/externalsecrets`)).toBe(200);
    expect(
      await status('/apis/generators.external-secrets.io/v1alpha1/namespaces/shop/generatorstates'),
    ).toBe(200);
    const secret = (name: string, more: object) => ({
      ...{ apiVersion: 'v1', kind: 'Secret', metadata: { name } },
      ...more,
    });
    expect(await status(`${inShop}/secrets`, secret('stripe-secret', {}))).toBe(201);
    const token = {
      type: 'kubernetes.io/service-account-token',
      metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': 'shop' } },
    };
    expect(await status(`${inShop}/secrets`, secret('token', token))).toBe(403);
    for (const path of [
      ...[
        '/api/v1/secrets',
        '/api/v1/namespaces/till/secrets',
        '/api/v1/namespaces/external-secrets/secrets',
      ],
      ...[`${group}/externalsecrets`, `${group}/namespaces/till/secretstores`, `${inShop}/pods`],
    ])
      expect(await status(path), path).toBe(403);
  });

  it('gives it a token of the account without rights, which the API server itself does not accept', async () => {
    const { status: given, answer } = await tokenOf('shop-secrets', {
      audiences: ['openbao'],
      expirationSeconds: 600,
    });
    expect(given).toBe(201);
    const token = textField(answer, 'status', 'token') ?? '';
    expect(JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      aud: ['openbao'],
      sub: 'system:serviceaccount:shop:shop-secrets',
    });
    expect(await status('/api', undefined, token)).toBe(401);
  });

  it('gives it no other token', async () => {
    for (const spec of [{}, { audiences: [] }, { audiences: ['openbao', 'sts.amazonaws.com'] }]) {
      const { status: given, answer } = await tokenOf('shop-secrets', spec);
      expect(given).toBe(403);
      expect(textField(answer, 'message')).toContain('tokens-for-pods');
    }
    expect((await tokenOf('shop', { audiences: ['openbao'] })).status).toBe(403);
  });
});
