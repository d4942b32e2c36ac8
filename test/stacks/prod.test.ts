import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiServer, publicKeys } from './api-server.ts';
import { Project, said } from './project.ts';

/** Of an `up` of which a preview would tell nothing new. */
const atOnce = ['--yes', '--skip-preview'];

const instance = 'aws:ec2/instance:Instance';

/** Everything in the account, by type, name and id. */
const holdings = ({ account }: Project): string[] =>
  [...account.things.values()].map(({ type, name, id }) => `${type} ${name} ${id}`).sort();

describe('pulumi -s prod', () => {
  let project: Project;
  let api: Awaited<ReturnType<typeof apiServer>>;

  /** A command that must end well. */
  async function pulumi(...args: string[]): Promise<string> {
    const ended = await project.pulumi(...args);
    expect(ended.exitCode, said(ended)).toBe(0);
    return ended.all;
  }

  /** A command that must be refused, and must leave the account as it is. */
  async function refused(...args: string[]): Promise<string> {
    const before = holdings(project);
    const ended = await project.pulumi(...args);
    expect(ended.exitCode, said(ended)).not.toBe(0);
    expect(holdings(project)).toEqual(before);
    return ended.all;
  }

  beforeAll(async () => {
    project = await Project.make();
    api = await apiServer('api.plinth-prod.internal');
    await project.standIns(api);
    await pulumi('stack', 'init', 'prod');
  });

  afterAll(async () => {
    api?.close();
    await project?.remove();
  });

  it.each([
    ['missing', 'No valid credential sources found'],
    ['expired', 'The security token included in the request is expired'],
    ['of another account', 'AWS account ID not allowed: 999999999999'],
  ] as const)('with credentials that are %s says so, and makes nothing', async (credentials, message) => {
    project.account.credentials = credentials;
    expect(await refused('up', '-s', 'prod', '--yes')).toContain(message);
    expect(holdings(project)).toEqual([]);
    project.account.credentials = 'valid';
  });

  it('fails midway if a machine is unavailable, with its name and the reason', async () => {
    project.account.broken.set('worker-2', 'InsufficientInstanceCapacity: no m7i.xlarge in eu-central-1b');
    const ended = await project.pulumi('up', '-s', 'prod', ...atOnce);
    expect(ended.exitCode, said(ended)).not.toBe(0);
    expect(ended.all).toMatch(/worker-2[\s\S]*InsufficientInstanceCapacity/);
    expect(project.account.ofType(instance).map(({ name }) => name)).toContain('worker-1');
    expect(project.account.ofType(instance).map(({ name }) => name)).not.toContain('worker-2');
  });

  it('continues with the next up, and creates nothing twice', async () => {
    const before = holdings(project);
    project.account.broken.clear();
    await pulumi('up', '-s', 'prod', ...atOnce);
    expect(holdings(project)).toEqual(expect.arrayContaining(before));
    const names = project.account.ofType(instance).map(({ name }) => name);
    expect(names.sort()).toEqual(['control-1', 'control-2', 'control-3', 'worker-1', 'worker-2', 'worker-3']);
  });

  it('passes the machines to Ansible, and keeps the kubeconfig secret', async () => {
    const given = JSON.parse(await readFile(project.given, 'utf8'));
    const { id, outputs } = project.account.named(instance, 'control-1');
    expect(given.nodes[0]).toEqual({
      name: 'control-1',
      role: 'control-plane',
      address: id,
      privateAddress: outputs.privateIp,
      instanceId: id,
    });
    expect(given.endpoint).toBe('api.plinth-prod.internal');
    expect((await project.outputs('prod')).kubeconfig).toBe(api.kubeconfig);
    const shown = await pulumi('stack', 'output', '-s', 'prod');
    expect(shown).toMatch(/kubeconfig\s+\[secret\]/);
    expect(await project.state('prod')).not.toContain('client-key-data');
  });

  it("publishes the cluster's public keys where AWS reads them", () => {
    const objects = project.account.ofType('aws:s3/bucketObjectv2:BucketObjectv2');
    const content = (key: string) =>
      JSON.parse(String(objects.find(({ inputs }) => inputs.key === key)?.inputs.content));
    const [provider] = project.account.ofType('aws:iam/openIdConnectProvider:OpenIdConnectProvider');
    expect(content('openid/v1/jwks')).toEqual(publicKeys);
    expect(content('.well-known/openid-configuration')).toMatchObject({
      issuer: provider?.inputs.url,
      jwks_uri: `${provider?.inputs.url}/openid/v1/jwks`,
    });
  });

  it('changes nothing the second time', async () => {
    await pulumi('up', '-s', 'prod', '--yes', '--expect-no-changes');
  });

  it('previews the resources that a change would replace, with the property', async () => {
    const before = holdings(project);
    await project.edit('stacks/edge/edge.ts', (text) => text.replace('targetPort: 6443', 'targetPort: 6444'));
    const said = await pulumi('preview', '-s', 'prod');
    expect(said).toMatch(/TargetGroup\s+api\s+replace\s+\[diff: ~port/);
    expect(said).toMatch(/TargetGroupAttachment\s+api-control-1\s+replace/);
    expect(holdings(project)).toEqual(before);
    await project.edit('stacks/edge/edge.ts', (text) => text.replace('targetPort: 6444', 'targetPort: 6443'));
  });

  it('updates only the changed resources in place', async () => {
    const before = holdings(project).filter((line) => line.startsWith('aws:'));
    await project.edit('clusters/prod/cluster.yaml', (text) =>
      text.replace(
        'name: worker-1, role: worker, instanceType: m7i.xlarge',
        'name: worker-1, role: worker, instanceType: m7i.2xlarge',
      ),
    );
    const said = await pulumi('up', '-s', 'prod', ...atOnce);
    expect(said).toMatch(/worker-1\s+updated/);
    expect(holdings(project)).toEqual(before);
    expect(project.account.named(instance, 'worker-1').inputs.instanceType).toBe('m7i.2xlarge');
  });

  it('refuses a change that would replace a resource with data', async () => {
    await project.edit('stacks/nodes/machine-image.ts', (text) => text.replace('20251212', '20260101'));
    const ended = await project.pulumi('up', '-s', 'prod', '--yes');
    expect(ended.exitCode, said(ended)).not.toBe(0);
    expect(ended.all).toMatch(/unable to replace resource[\s\S]*control-1[\s\S]*protect/i);
    await project.edit('stacks/nodes/machine-image.ts', (text) => text.replace('20260101', '20251212'));
  });

  it('refuses a program with unprotected data, open SSH, unencrypted disks and a public bucket', async () => {
    const faults: [file: string, from: string, to: string, message: RegExp][] = [
      [
        'stacks/nodes/ec2-nodes.ts',
        'protect: true, deleteBeforeReplace',
        'deleteBeforeReplace',
        /protected-data[\s\S]*it has data: write protect: true/,
      ],
      [
        'stacks/network/network-flows.ts',
        "{ from: 'internet', to: 'gateway', protocol: 'tcp', port: 443",
        "{ from: 'internet', to: 'worker', protocol: 'tcp', port: 22",
        /closed-security-groups[\s\S]*SSH goes through the session manager/,
      ],
      [
        'stacks/nodes/ec2-nodes.ts',
        'encrypted: true',
        'encrypted: false',
        /encrypted-disks[\s\S]*write encrypted: true/,
      ],
      [
        'stacks/storage/private-bucket.ts',
        'restrictPublicBuckets: true',
        'restrictPublicBuckets: false',
        /private-buckets[\s\S]*write restrictPublicBuckets: true/,
      ],
    ];
    for (const [file, from, to] of faults) await project.edit(file, (text) => text.replace(from, to));
    const said = await refused('up', '-s', 'prod', '--yes');
    for (const [file, from, to, message] of faults) {
      expect.soft(said).toMatch(message);
      await project.edit(file, (text) => text.replace(to, from));
    }
  });

  it('restores resources that were removed by hand', async () => {
    const rule = project.account.named(
      'aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule',
      'internet-to-gateway-tcp-443',
    );
    project.account.drop(rule);
    expect(await pulumi('refresh', '-s', 'prod', '--yes')).toMatch(/internet-to-gateway-tcp-443\s+delete/);
    await pulumi('up', '-s', 'prod', ...atOnce);
    expect(project.account.named(rule.type, rule.name).inputs).toEqual(rule.inputs);
  });

  it('reports a cluster that does not answer, and continues with the next up', async () => {
    await project.reach(1);
    await project.edit('clusters/prod/cluster.yaml', (text) => text.replace('m7i.2xlarge', 'm7i.xlarge'));
    const ended = await project.pulumi('up', '-s', 'prod', ...atOnce);
    expect(ended.exitCode, said(ended)).not.toBe(0);
    expect(ended.all).toContain('the API server at 127.0.0.1:');
    expect(ended.all).toContain('`pulumi up` continues from here');
    await project.reach(api.port);
    await pulumi('up', '-s', 'prod', ...atOnce);
  });

  it('refuses to destroy resources with data until their protection is removed', async () => {
    expect(await refused('destroy', '-s', 'prod', '--yes')).toMatch(/protect/);
    await pulumi('state', 'unprotect', '--all', '-s', 'prod', '--yes');
    await pulumi('destroy', '-s', 'prod', '--yes');
    expect(holdings(project)).toEqual([]);
  });
});
