import { beforeAll, describe, expect, it } from 'vitest';
import { appSchema } from '../../model/app.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { operatorSchema } from '../../model/operator.ts';
import { asked, environment, ofType, one, type RequestedResource } from '../../test/stacks/mocked-engine.ts';
import { amazon } from '../amazon.ts';
import type { AmazonProvider } from '../amazon-provider.ts';
import type { Statement } from './policy.ts';

const rolePolicy = 'aws:iam/rolePolicy:RolePolicy';
const role = 'aws:iam/role:Role';

function statements(text: unknown): Statement[] {
  return JSON.parse(String(text)).Statement;
}

/** `ACTION RESOURCE` of everything that a role's policy allows. */
function allowed(resources: RequestedResource[], name: string): string[] {
  return statements(one(resources, rolePolicy, name).inputs.policy).flatMap(
    ({ Effect, Action, Resource }) => {
      expect(Effect).toBe('Allow');
      return [Action].flat().map((action) => `${action} ${[Resource].flat().join(' ')}`);
    },
  );
}

/** With an app that owns a database, one that does not, and the operators that keep their data in buckets. */
function full(): Environment {
  const env = environment((text) =>
    text.replace(
      'apps: {}',
      'apps: {}\ndatabases: { backups: { destination: "s3://shop-backups/shop", credentials: machine } }',
    ),
  );
  const app = (name: string, database?: { storage: string }): EnvironmentApp => ({
    ...appSchema.parse({
      name,
      summary: 'test',
      image: { build: '.' },
      ports: { http: { port: 8080 } },
      probes: { ready: { path: '/', port: 'http' } },
      resources: { cpu: '10m', memory: '16Mi' },
      ...(database && { database }),
    }),
    fileContents: [],
    extraObjects: [],
    imageRef: 'registry.example.org/test:1',
    builds: [],
    publishedImages: [],
    secrets: [],
    logins: [],
    hosts: [],
  });
  const operator = (name: string, namespace: string) => ({
    ...operatorSchema.parse({ name, summary: 'test', namespace }),
    extraObjects: [],
  });
  return {
    ...env,
    apps: [app('orders', { storage: '1Gi' }), app('web')],
    operators: [
      operator('ebs-csi', 'ebs-csi'),
      operator('loki', 'observability'),
      operator('traefik', 'gateway'),
    ],
  };
}

it('of an app with secrets in AWS Secrets Manager is to read these, in the region of the store', async () => {
  const base = environment((text) =>
    text.replace(
      'apps: {}',
      'apps: {}\nsecrets: { external: { kind: aws, region: eu-north-1, prefix: team } }',
    ),
  );
  const [, web] = full().apps;
  if (web === undefined) throw new Error('there is no app');
  const uses = [{ kind: 'secret' as const, name: 'stripe', keys: ['STRIPE_KEY'], as: 'variables' as const }];
  const env = {
    ...base,
    apps: [
      { ...web, uses },
      { ...web, name: 'free' },
    ],
  };
  const resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
  const names = `arn:aws:secretsmanager:eu-north-1:111122223333:secret:team/${env.name}/web/*`;
  expect(allowed(resources, 'web-secrets')).toEqual([
    `secretsmanager:GetSecretValue ${names}`,
    `secretsmanager:DescribeSecret ${names}`,
  ]);
  expect(JSON.stringify(one(resources, role, 'web-secrets').inputs.assumeRolePolicy)).toContain(
    'system:serviceaccount:external-secrets:web',
  );
  expect(ofType(resources, role).map(({ name }) => name)).not.toContain('free-secrets');
});

describe('rights', () => {
  let resources: RequestedResource[];
  beforeAll(async () => {
    const env = full();
    resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
  });

  it('of workers allow the session manager only: pods have their own roles', () => {
    expect(allowed(resources, 'worker')).toEqual([
      'ssm:UpdateInstanceInformation *',
      'ssmmessages:CreateControlChannel *',
      'ssmmessages:CreateDataChannel *',
      'ssmmessages:OpenControlChannel *',
      'ssmmessages:OpenDataChannel *',
    ]);
  });

  it('of control planes also allow to write snapshots, but not to read or delete them', () => {
    expect(allowed(resources, 'control-plane').filter((right) => !right.startsWith('ssm'))).toEqual([
      's3:PutObject arn:aws:s3:::shop-etcd-111122223333/*',
      'kms:GenerateDataKey arn:storage',
    ]);
  });

  it('of a database allow its own folder of the backups', () => {
    expect(allowed(resources, 'orders-db-backup')).toEqual([
      's3:GetObject arn:aws:s3:::shop-backups-111122223333/shop/orders-db/*',
      's3:PutObject arn:aws:s3:::shop-backups-111122223333/shop/orders-db/*',
      's3:DeleteObject arn:aws:s3:::shop-backups-111122223333/shop/orders-db/*',
      's3:AbortMultipartUpload arn:aws:s3:::shop-backups-111122223333/shop/orders-db/*',
      's3:ListBucket arn:aws:s3:::shop-backups-111122223333',
      'kms:GenerateDataKey arn:storage',
      'kms:Decrypt arn:storage',
    ]);
    const list = statements(one(resources, rolePolicy, 'orders-db-backup').inputs.policy).find(
      ({ Sid }) => Sid === 'List',
    );
    expect(list?.Condition).toEqual({ StringLike: { 's3:prefix': 'shop/orders-db/*' } });
  });

  it("are granted only to the database's service account, with a token for AWS", () => {
    const [trust] = statements(one(resources, role, 'orders-db-backup').inputs.assumeRolePolicy);
    expect(trust).toMatchObject({
      Effect: 'Allow',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Principal: { Federated: 'arn:issuer' },
      Condition: {
        StringEquals: {
          'keys.example.net:aud': 'sts.amazonaws.com',
          'keys.example.net:sub': 'system:serviceaccount:orders:orders-db',
        },
      },
    });
  });

  it('of a database have the name that its pods use', () => {
    expect(one(resources, role, 'orders-db-backup').inputs.name).toBe('shop-orders-db-backup');
  });

  it('of the EBS driver allow disks with the tag of this cluster, and its own instances', () => {
    const conditions = Object.fromEntries(
      statements(one(resources, rolePolicy, 'volumes').inputs.policy).map(({ Sid, Condition }) => [
        Sid,
        Condition?.StringEquals,
      ]),
    );
    expect(conditions).toEqual({
      Look: undefined,
      Make: { 'aws:RequestTag/kubernetes.io/cluster/shop': 'owned' },
      Tag: { 'ec2:CreateAction': 'CreateVolume' },
      Use: { 'aws:ResourceTag/kubernetes.io/cluster/shop': 'owned' },
      Instances: { 'aws:ResourceTag/plinth:cluster': 'shop' },
    });
    expect(String(one(resources, role, 'volumes').inputs.assumeRolePolicy)).toContain(
      'system:serviceaccount:ebs-csi:ebs-csi-controller',
    );
  });

  it('are granted to no others: apps without a database and operators without a bucket have no role', () => {
    expect(
      ofType(resources, role)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['control-plane', 'loki', 'orders-db-backup', 'volumes', 'worker']);
  });

  it("of Loki allow its bucket, for the operator's namespace", () => {
    expect(allowed(resources, 'loki')[0]).toBe('s3:GetObject arn:aws:s3:::shop-logs-111122223333/*');
    expect(String(one(resources, role, 'loki').inputs.assumeRolePolicy)).toContain(
      'system:serviceaccount:observability:loki',
    );
  });
});
