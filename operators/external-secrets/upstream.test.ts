import { expect, it } from 'vitest';
import { appComponent } from '../../charts/app/app.ts';
import { environment, openBaoStore, testApp } from '../../test/charts/fixture.ts';
import { compareWithUpstream } from '../../test/upstream/compare.ts';
import { chart } from './chart.ts';

const templates = 'deploy/charts/external-secrets/templates';
const group = 'external-secrets.io';
/** Upstream's chart with `scopedNamespace` and `scopedRBAC`. */
const scoped = 'Values.scopedNamespace';
const generators = [
  ...['acraccesstokens', 'cloudsmithaccesstokens', 'clustergenerators', 'ecrauthorizationtokens', 'fakes'],
  ...[
    'gcraccesstokens',
    'githubaccesstokens',
    'grafanas',
    'mfas',
    'passwords',
    'quayaccesstokens',
    'sshkeys',
  ],
  ...['stssessiontokens', 'uuids', 'vaultdynamicsecrets', 'webhooks'],
];
const shop = testApp({ name: 'shop', uses: [{ kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] }] });
const env = environment({
  apps: [shop],
  cluster: {
    secrets: {
      external: openBaoStore,
    },
  },
});

it("has the rights and arguments of upstream's chart, except for the listed differences", async () => {
  const operator = chart(env);
  if (operator === undefined) throw new Error('nothing is rendered');
  const { found, written } = await compareWithUpstream({
    component: { ...operator, objects: [...operator.objects, ...appComponent(env, shop).objects] },
    ours: { workload: 'shop', namespaces: ['external-secrets'] },
    upstream: {
      binary: 'external-secrets-crds',
      account: 'external-secrets.serviceAccountName',
      namespaces: ['external-secrets.namespace'],
      files: [`${templates}/rbac.yaml`],
      chart: {
        helpers: 'deploy/charts/external-secrets/templates/_helpers.tpl',
        deployment: `${templates}/deployment.yaml`,
      },
    },
    differences: [
      {
        reason: 'The same rights in the one namespace that it watches, which is that of its app.',
        upstream: [
          `${scoped} events: create patch`,
          `${scoped} secrets: create delete get list patch update watch`,
          `${scoped} serviceaccounts: get list watch`,
          `${scoped} externalsecrets/status.${group} secretstores/status.${group}: get patch update`,
        ],
        ours: [
          'shop events: create patch',
          'shop secrets: create delete get list patch update watch',
          'shop serviceaccounts: get list watch',
          `shop externalsecrets/status.${group} secretstores/status.${group}: get patch update`,
        ],
      },
      {
        reason:
          'It writes neither stores nor secrets of ours but their status and finalizers: nothing is pushed or generated here.',
        upstream: [
          `${scoped} externalsecrets.${group}: create delete get list patch update watch`,
          `${scoped} secretstores.${group}: get list patch update watch`,
          `${scoped} generatorstates.generators.${group}: create delete deletecollection get list patch update watch`,
        ],
        ours: [
          `shop externalsecrets.${group}: get list patch watch`,
          `shop secretstores.${group}: get list watch`,
          `shop generatorstates.generators.${group}: get list watch`,
          'argument --enable-generator-state',
        ],
      },
      {
        reason: 'It gets tokens of one account, which has no rights.',
        upstream: [`${scoped} serviceaccounts/token: create`],
        ours: ['shop serviceaccounts/token[shop-secrets]: create'],
      },
      {
        reason: 'No object of these kinds exists, and no other kind of object is written.',
        upstream: [
          '..apiGroup: .',
          ...generators.map((kind) => `${kind}.generators.${group}: get list watch`),
          ...['clusterexternalsecrets', 'clusterpushsecrets', 'clustersecretstores'].flatMap((kind) => [
            `${kind}.${group}: get list patch update watch`,
            `${kind}/finalizers.${group} ${kind}/status.${group}: get patch update`,
          ]),
          `pushsecrets.${group}: create delete get list patch update watch`,
          `pushsecrets/finalizers.${group} pushsecrets/status.${group}: get patch update`,
          'configmaps: create delete get list patch update watch',
          'namespaces: get list patch update watch',
        ].map((fact) => `${scoped} ${fact}`),
      },
      {
        reason: 'OpenShift alone asks for these.',
        upstream: [
          `${scoped} externalsecrets/finalizers.${group} secretstores/finalizers.${group}: get patch update`,
        ],
      },
      {
        reason:
          'One pod per app needs no leader election; OpenBao asks for tokens with an account of its own.',
        upstream: [
          'argument --enable-leader-election',
          'own configmaps: create',
          'own configmaps[external-secrets-controller]: get patch update',
          'own leases.coordination.k8s.io: create get patch update',
          'role system:auth-delegator in cluster',
        ],
      },
      {
        reason: 'Values as the program has them; its metrics are off.',
        upstream: [
          ...['concurrent', 'controller-class', 'enable-extended-metric-labels', 'enable-http2'],
          ...['enable-secret-store-reconciler', 'unsafe-allow-generic-targets'],
          ...['metrics-cert-dir', 'metrics-cert-name', 'metrics-key-name', 'metrics-secure'],
        ].map((name) => `argument --${name}`),
      },
    ],
  });
  expect(found).toEqual(written);
});
