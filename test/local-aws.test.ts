import { beforeAll, describe, expect, it } from 'vitest';
import { amazon } from '../stacks/amazon.ts';
import type { AmazonProvider } from '../stacks/amazon-provider.ts';
import { Account } from './stacks/local-aws/account.ts';
import { localAws } from './stacks/local-aws/provider.ts';
import { asked, environment, type RequestedResource } from './stacks/mocked-engine.ts';

/** The program of an environment on AWS, with the make-believe account in the engine's place. */
async function make(account: Account, change?: (text: string) => string): Promise<RequestedResource[]> {
  const aws = localAws(account);
  const env = environment(change);
  return asked(
    () => amazon(env, env.cluster.provider as AmazonProvider),
    async ({ type, name, inputs }) =>
      type.startsWith('aws:')
        ? aws.create({ type, name }, aws.check({ type, name }, inputs).inputs)
        : undefined,
  );
}

describe.each(['one', 'per-zone', 'none'])('the local AWS, NAT gateways: %s', (nat) => {
  const account = new Account();
  let made: RequestedResource[];
  beforeAll(async () => {
    made = (await make(account, (text) => text.replace('nat: one', `nat: ${nat}`))).filter(({ type }) =>
      type.startsWith('aws:'),
    );
  });

  it('accepts every resource of the program, with all arguments and existing references', () => {
    const aws = localAws(account);
    expect(made.flatMap(({ type, name, inputs }) => aws.check({ type, name }, inputs).faults)).toEqual([]);
    expect(account.things.size).toBe(made.length);
    expect(made.length).toBeGreaterThan(100);
  });

  it('refuses to delete a resource in use, and deletes everything in reverse order', () => {
    const aws = localAws(account);
    const vpc = account.named('aws:ec2/vpc:Vpc', 'vpc');
    expect(() => aws.delete(vpc, vpc.id)).toThrow('DependencyViolation');
    for (const { type, name, id } of made.toReversed()) aws.delete({ type, name }, id);
    expect([...account.things.keys()]).toEqual([]);
  });
});

describe('the local AWS refuses', () => {
  const account = new Account();
  const aws = localAws(account);
  const create = (type: string, inputs: Record<string, unknown>) => aws.create({ type, name: 'x' }, inputs);

  it.each<[string, string, Record<string, unknown>, string]>([
    ['a network that is too large', 'aws:ec2/vpc:Vpc', { cidrBlock: '10.0.0.0/8' }, 'InvalidVpc.Range'],
    [
      'a subnet of no network',
      'aws:ec2/subnet:Subnet',
      { vpcId: 'vpc-0', cidrBlock: '10.0.0.0/24' },
      'NotFound',
    ],
    ['a bucket with a bad name', 'aws:s3/bucket:Bucket', { bucket: 'Not_A_Name' }, 'InvalidBucketName'],
    [
      'a policy that is no JSON',
      'aws:iam/role:Role',
      { name: 'x', assumeRolePolicy: '{' },
      'MalformedPolicyDocument',
    ],
    [
      'a type that it does not know',
      'aws:rds/instance:Instance',
      {},
      'does not know aws:rds/instance:Instance',
    ],
  ])('%s', async (_what, type, inputs, message) => {
    await expect(create(type, inputs)).rejects.toThrow(message);
  });

  it('two subnets with overlapping addresses', async () => {
    const { id: vpcId } = await create('aws:ec2/vpc:Vpc', { cidrBlock: '10.1.0.0/16' });
    await create('aws:ec2/subnet:Subnet', { vpcId, cidrBlock: '10.1.0.0/20' });
    await expect(create('aws:ec2/subnet:Subnet', { vpcId, cidrBlock: '10.1.8.0/24' })).rejects.toThrow(
      'InvalidSubnet.Conflict',
    );
  });
});
