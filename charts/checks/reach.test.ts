import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../model/graph.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { operatorSchema } from '../../model/operator.ts';
import externalSecrets from '../../operators/external-secrets/operator.ts';
import receiver from '../../operators/receiver/operator.ts';
import rolloutGate from '../../operators/rollout-gate/operator.ts';
import { components } from '../../scripts/render/components.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { Inventory } from './inventory.ts';
import { type Power, powerText } from './powers.ts';
import { reach } from './reach.ts';
import { reasonOf, reasons } from './reach-reasons.ts';
import { sensitiveAccesses } from './sensitive-access.ts';

const { environments } = await loadGraph(join(import.meta.dirname, '../..'));

/** The operators of an environment of this repository, beside apps that stay as they are here. */
function withApps(env: Environment): Environment {
  return {
    ...env,
    apps: [
      testApp({
        name: 'ledger',
        database: { storage: '1Gi' },
        exposes: { port: 'http' },
        uses: [{ kind: 'database', of: 'ledger', as: 'read-write' }],
        identity: { reload: 'files' },
      }),
      testApp({
        name: 'watcher',
        uses: [
          {
            kind: 'kubernetes',
            reason: 'It restarts pods that hang.',
            rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }],
          },
        ],
      }),
    ],
  };
}

/** An environment with the receiver of a forge, which none of this repository has. */
function withReceiver(env: Environment): Environment {
  const { source } = env.cluster;
  if (source.kind !== 'git') throw new Error(`${env.name} has no source outside of the cluster`);
  const forge = { kind: 'gitea' as const, receiver: { secret: 'forge', status: true as const } };
  return {
    ...env,
    cluster: { ...env.cluster, source: { ...source, forge } },
    operators: [...env.operators, { ...operatorSchema.parse(receiver), extraObjects: [] }],
  };
}

/** An environment in which errors stop the roll-out of an app, which none of this repository has. */
function withGate(env: Environment): Environment {
  return {
    ...env,
    cluster: { ...env.cluster, observability: { store: 'light' } },
    apps: [testApp({ name: 'till', rollout: { watch: '2m', errors: { most: 5 } } })],
    operators: [...env.operators, { ...operatorSchema.parse(rolloutGate), extraObjects: [] }],
  };
}

/** An environment whose apps read secrets from OpenBao, which none of this repository has. */
function withStore(env: Environment): Environment {
  const external = {
    kind: 'openbao' as const,
    server: 'https://bao.example.org',
    networks: ['192.0.2.8/32'],
    role: 'apps',
    mount: 'secret',
    login: 'kubernetes',
    refresh: '1h',
  };
  return {
    ...env,
    cluster: { ...env.cluster, secrets: { recipients: {}, external } },
    apps: [testApp({ name: 'till', uses: [{ kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] }] })],
    operators: [...env.operators, { ...operatorSchema.parse(externalSecrets), extraObjects: [] }],
  };
}

const reachOf = (env: Environment) => reach(new Inventory(env, components(env)));

function table(env: Environment): string {
  return [...reachOf(env)]
    .map(([account, powers]) => {
      const lines = powers.flatMap((power) => [
        `  ${powerText(power)}`,
        ...power.leadsTo.map((second) => `    then ${second}`),
        `    because: ${reasonOf(env, power)?.reason}`,
      ]);
      return [account, ...(lines.length > 0 ? lines : ['  nothing of others']), ''].join('\n');
    })
    .join('\n');
}

describe('the access of each service account in two steps', () => {
  it.each(environments.map((env) => [env.name, env] as const))(
    'in %s equals the reviewed list',
    async (name, env) => {
      await expect(table(withApps(env))).toMatchFileSnapshot(`golden/reach-${name}.txt`);
    },
  );

  const all = [...environments, ...environments.filter(({ name }) => name === 'staging').map(withReceiver)]
    .flatMap((env) => [env, withApps(env)])
    .concat(environments.map(withStore), environments.map(withGate));

  it('of the pod that reads the secrets of an app is the Secrets of that app, and a login at the store', () => {
    const [env] = environments.map(withStore);
    if (env === undefined) throw new Error('there is no environment');
    const powers = reachOf(env).get('external-secrets/till') ?? [];
    expect(powers.map((power) => [powerText(power), ...power.leadsTo])).toEqual([
      ['reads Secrets of till'],
      ['writes Secrets of till', 'no token of an account: the policy no-token-secrets refuses those'],
      [
        'mints tokens of till, of these: till-secrets',
        'a login at OpenBao, as an account without rights: the policy tokens-for-pods refuses others',
      ],
    ]);
    expect(reachOf(env).get('till/till-secrets')).toEqual([]);
  });

  it('of the receiver of pushes is to ask Flux, and nothing of others', () => {
    const [staging] = environments.filter(({ name }) => name === 'staging').map(withReceiver);
    if (staging === undefined) throw new Error('there is no staging');
    const powers = reachOf(staging).get('receiver/receiver') ?? [];
    expect(powers.map((power) => [powerText(power), ...power.leadsTo])).toEqual([
      [
        'tells Flux what to apply of flux-system, of these: platform',
        'nothing but when: the policy receiver-asks-alone refuses it',
      ],
    ]);
  });

  it('of the gate of roll-outs is one condition of the pods of an app', () => {
    const [env] = environments.map(withGate);
    if (env === undefined) throw new Error('there is no environment');
    const powers = reachOf(env).get('rollout-gate/rollout-gate') ?? [];
    expect(powers.map((power) => [powerText(power), ...power.leadsTo])).toEqual([
      [
        'writes the status of pods of till',
        'one condition, by which a pod gets no requests: the policy gate-opens-alone refuses the rest',
      ],
    ]);
  });

  it('has a reason for each power, in every environment', () => {
    const without = all.flatMap((env) =>
      [...reachOf(env).values()]
        .flat()
        .filter((power) => reasonOf(env, power) === undefined)
        .map((power) => `${env.name}: ${power.account} ${powerText(power)}`),
    );
    expect([...new Set(without)]).toEqual([]);
  });

  it('has no reason for a power that no account has', () => {
    const used = new Set(
      all.flatMap((env) => [...reachOf(env).values()].flat().map((power) => reasonOf(env, power))),
    );
    expect(reasons.filter((reason) => !used.has(reason))).toEqual([]);
  });
});

describe('reach', () => {
  const app = (space: string) => testApp({ name: space });
  const env = environment({ apps: [app('one'), app('two')] });

  /** The first app with a right, in its own namespace, in that of the second, or in all. */
  function given(rule: Record<string, string[]>, where: 'one' | 'two' | '*', more: KubeObject[] = []) {
    const cluster = where === '*';
    const at = cluster ? {} : { namespace: where };
    const group = 'rbac.authorization.k8s.io';
    const objects: KubeObject[] = [
      {
        apiVersion: `${group}/v1`,
        kind: cluster ? 'ClusterRole' : 'Role',
        metadata: { name: 'r', ...at },
        rules: [rule],
      },
      {
        apiVersion: `${group}/v1`,
        kind: cluster ? 'ClusterRoleBinding' : 'RoleBinding',
        metadata: { name: 'r', ...at },
        roleRef: { apiGroup: group, kind: cluster ? 'ClusterRole' : 'Role', name: 'r' },
        subjects: [{ kind: 'ServiceAccount', name: 'one', namespace: 'one' }],
      },
      ...more,
    ];
    return new Inventory(env, [...components(env), { name: 'extra', objects }]);
  }
  const powersOf = (inventory: Inventory): Power[] => reach(inventory).get('one/one') ?? [];

  it('finds each sensitive access in any rule of any role in any namespace', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...sensitiveAccesses).chain((access) =>
          fc.record({
            access: fc.constant(access),
            group: fc.constantFrom(...access.groups, '*'),
            resource: fc.constantFrom(...access.resources, '*'),
            verb: fc.constantFrom(...access.verbs, '*'),
          }),
        ),
        fc.constantFrom('one' as const, 'two' as const, '*' as const),
        ({ access, group, resource, verb }, where) => {
          const rule = { apiGroups: [group], resources: ['leases', resource], verbs: ['list', verb] };
          const powers = powersOf(given(rule, where)).filter(({ scope }) => scope === where);
          const found = powers.map(({ power }) => power);
          expect(found.includes(access.power) || found.includes('everything')).toBe(true);
        },
      ),
    );
  });

  it('finds none in read access to objects that are not secret', () => {
    const rule = { apiGroups: ['', 'apps'], resources: ['pods', 'deployments'], verbs: ['get', 'list'] };
    expect(powersOf(given(rule, '*'))).toEqual([]);
  });

  it('is limited by names only if every rule has names', () => {
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['get'] };
    const [named] = powersOf(given({ ...secrets, resourceNames: ['a'] }, 'two'));
    expect(named && powerText(named)).toBe('reads Secrets of two, of these: a');
    const [all] = powersOf(given(secrets, 'two'));
    expect(all && powerText(all)).toBe('reads Secrets of two');
  });

  it('includes every account of a namespace in which pods can be created, and the node if the namespace admits privileged pods', () => {
    const pods = { apiGroups: [''], resources: ['pods'], verbs: ['create'] };
    const other: KubeObject[] = [
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'two' },
        roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: 'two', namespace: 'two' }],
      },
    ];
    expect(powersOf(given(pods, 'two', other))[0]?.leadsTo).toEqual(['two/two: everything']);
    expect(powersOf(given(pods, 'one', other))[0]?.leadsTo).toEqual([]);
    expect(powersOf(given(pods, '*'))[0]?.leadsTo).toEqual([
      'the files of a node: tokens and keys of every pod there',
    ]);
  });

  it('ends at a policy that refuses tokens, if that policy exists', () => {
    const tokens = { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] };
    const binding: KubeObject = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'tokens-for-pods' },
      spec: { policyName: 'tokens-for-pods' },
    };
    const other: KubeObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'two', namespace: 'two' },
      roleRef: { kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'two', namespace: 'two' }],
    };
    expect(powersOf(given(tokens, '*', [other]))[0]?.leadsTo).toEqual(['two/two: everything']);
    expect(powersOf(given(tokens, '*', [other, binding]))[0]?.leadsTo).toEqual([
      'nothing: the policy tokens-for-pods refuses it',
    ]);
  });

  it('refuses a role with unknown rules', () => {
    const binding: KubeObject = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'x' },
      roleRef: { kind: 'ClusterRole', name: 'system:strange' },
      subjects: [{ kind: 'ServiceAccount', name: 'one', namespace: 'one' }],
    };
    expect(() => powersOf(new Inventory(env, [{ name: 'extra', objects: [binding] }]))).toThrow(
      'the rules of ClusterRole system:strange are unknown',
    );
  });
});
