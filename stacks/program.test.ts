import { describe, expect, it } from 'vitest';
import type { Cluster } from '../model/schema/cluster.ts';
import { asked, environment, ofType, one } from '../test/stacks/mocked-engine.ts';
import { amazon } from './amazon.ts';
import type { AmazonProvider } from './amazon-provider.ts';
import { environmentOf } from './environment-of.ts';
import { kind } from './kind.ts';
import { machines } from './machines.ts';

const command = 'command:local:Command';

type MachinesProvider = Extract<Cluster['provider'], { kind: 'machines' }>;

/** Two machines by SSH. */
function metal(more = '') {
  return environment((text) =>
    text
      .replace(/^provider: .*$/m, `provider: { kind: machines${more} }`)
      .replace(/^nodes:\n(.*\n){3}/m, 'nodes:\n  - { name: one, role: control-plane, address: 192.0.2.1 }\n'),
  );
}

async function makes(more?: string) {
  const env = metal(more);
  return asked(() => machines(env, env.cluster.provider as MachinesProvider));
}

describe('a stack', () => {
  it('of Kind creates nothing, and names the command that does', async () => {
    const env = environment((text) => text.replace(/^provider: .*$/m, 'provider: { kind: kind }'));
    expect(await asked(() => expect(kind(env).next).toBe('npm run init-cluster -- --env test'))).toEqual([]);
  });

  it('of machines creates no node, and gives the existing ones to Ansible', async () => {
    const resources = await makes();
    expect(resources.filter(({ type }) => type.startsWith('aws:'))).toEqual([]);
    expect(JSON.parse(String(one(resources, command, 'cluster').inputs.stdin))).toEqual({
      environment: 'test',
      nodes: [{ name: 'one', role: 'control-plane', address: '192.0.2.1', privateAddress: '192.0.2.1' }],
    });
  });

  it('of machines creates buckets if cluster.yaml has an account for them', async () => {
    const resources = await makes(', buckets: { region: eu-central-1, account: "111122223333" }');
    expect(ofType(resources, 'aws:s3/bucket:Bucket')).toHaveLength(5);
    expect(ofType(resources, 'aws:ec2/vpc:Vpc')).toEqual([]);
    expect(ofType(resources, 'aws:iam/instanceProfile:InstanceProfile')).toEqual([]);
  });

  it('of AWS gives Ansible the ids of instances, which are their addresses in a session', async () => {
    const env = environment();
    const resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
    const given = JSON.parse(String(one(resources, command, 'cluster').inputs.stdin));
    expect(given).toMatchObject({
      endpoint: 'api.shop.internal',
      sessions: { region: 'eu-central-1' },
      serviceAccountIssuer: 'https://keys.example.net',
    });
    expect(given.nodes[0]).toMatchObject({
      name: 'control-1',
      address: 'control-1-id',
      instanceId: 'control-1-id',
    });
  });

  it('accepts no credentials of another account', async () => {
    const env = environment();
    const resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
    const provider = one(resources, 'pulumi:providers:aws', 'aws').inputs;
    expect(JSON.parse(String(provider.allowedAccountIds))).toEqual(['111122223333']);
  });

  it('must have the name of an environment', async () => {
    await expect(environmentOf('qa')).rejects.toThrow(
      "there is no environment 'qa': clusters/qa/cluster.yaml does not exist.",
    );
  });
});
