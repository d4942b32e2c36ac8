import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { field, listField } from '../../charts/kube/field.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { renderAll } from './render.ts';

const shop = (uses: string, cluster = ''): Edit[] => [
  ['apps/shop/app.ts', appFile('shop', uses)],
  ['apps/other/app.ts', appFile('other')],
  ['clusters/dev/cluster.yaml', platformCluster(`${cluster}apps: { shop: , other: }`)],
];
const uses =
  "uses: [{ kind: 'internet', hosts: ['api.stripe.com', '*.s3.amazonaws.com', 'smtp.example.org:587'] }],";

async function rendered(edits: Edit[]): Promise<(path: string) => unknown> {
  const { files } = await withPlatform(edits, (root) => renderAll(root));
  return (path) => {
    const text = files.get(`manifests/dev/${path}`);
    return text === undefined ? undefined : parse(text);
  };
}

it('an app with an internet edge gets a proxy, which accepts only that app and reaches no private address', async () => {
  const object = await rendered(shop(uses));
  const policy = object('egress/networkpolicy-shop.yaml');
  expect(field(policy, 'spec', 'ingress')).toEqual([
    {
      from: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } },
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } },
        },
      ],
      ports: [{ port: 3128, protocol: 'TCP' }],
    },
  ]);
  const [, out] = listField(policy, 'spec', 'egress');
  expect(listField(out, 'ports')).toEqual([
    { port: 443, protocol: 'TCP' },
    { port: 587, protocol: 'TCP' },
  ]);
  expect(field(out, 'to', '0', 'ipBlock', 'cidr')).toBe('0.0.0.0/0');
  expect(listField(out, 'to', '0', 'ipBlock', 'except')).toEqual(
    expect.arrayContaining(['10.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16']),
  );
  const config = field(object('egress/configmap-shop.yaml'), 'data', 'hosts.json');
  expect(JSON.parse(String(config))).toEqual({
    hosts: ['*.s3.amazonaws.com:443', 'api.stripe.com:443', 'smtp.example.org:587'],
    privateNetworks: [],
  });
});

it('the app itself may only call its proxy, and gets its address', async () => {
  const object = await rendered(shop(uses));
  const egress = listField(object('shop/networkpolicy-shop.yaml'), 'spec', 'egress');
  expect(egress.slice(1)).toEqual([
    {
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'egress' } },
          podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } },
        },
      ],
      ports: [{ port: 3128, protocol: 'TCP' }],
    },
  ]);
  const pod = field(object('shop/deployment-shop.yaml'), 'spec', 'template', 'spec');
  expect(listField(pod, 'containers', '0', 'env')).toContainEqual({
    name: 'HTTPS_PROXY',
    value: 'http://shop.egress.svc.cluster.local:3128',
  });
});

it('without internet edges there is no proxy', async () => {
  const object = await rendered(shop(''));
  expect(object('flux-sync/kustomization-egress.yaml')).toBeUndefined();
  expect(object('shop/deployment-shop.yaml')).toBeDefined();
});

it('an environment can allow private networks', async () => {
  const object = await rendered(shop(uses, 'egress: { privateNetworks: [10.20.0.0/16] }\n'));
  const [, out] = listField(object('egress/networkpolicy-shop.yaml'), 'spec', 'egress');
  expect(listField(out, 'to')).toContainEqual({ ipBlock: { cidr: '10.20.0.0/16' } });
});

it.each([
  ['an address', "'203.0.113.7'"],
  ['a name of the cluster', "'orders.orders.svc.cluster.local'"],
  ['a name without a dot', "'stripe'"],
  ['capitals', "'API.stripe.com'"],
  ['a URL', "'https://api.stripe.com'"],
  ['a star alone', "'*'"],
  ['a star inside', "'api.*.com'"],
  ['a port that is none', "'api.stripe.com:70000'"],
  ['the metadata of a cloud', "'metadata.google.internal'"],
])('refuses %s as a host', async (_, host) => {
  const failed = rendered(shop(`uses: [{ kind: 'internet', hosts: [${host}] }],`));
  await expect(failed).rejects.toThrow(DiagnosticsFailure);
  await expect(failed).rejects.toThrow('hosts outside of the cluster are identified by name');
});

it('refuses a manual proxy variable beside the edge', async () => {
  const failed = rendered(shop(`env: { HTTPS_PROXY: 'http://proxy.example.org' },\n  ${uses}`));
  await expect(failed).rejects.toThrow('it is derived from its use of the internet');
});
