import { beforeAll, describe, expect, it } from 'vitest';
import { asked, environment, ofType, one, type RequestedResource } from '../../test/stacks/mocked-engine.ts';
import { amazon } from '../amazon.ts';
import type { AmazonProvider } from '../amazon-provider.ts';
import { machineImage } from './machine-image.ts';

const instance = 'aws:ec2/instance:Instance';
const template = 'aws:ec2/launchTemplate:LaunchTemplate';

describe('nodes', () => {
  let resources: RequestedResource[];
  beforeAll(async () => {
    const env = environment();
    resources = await asked(() => amazon(env, env.cluster.provider as AmazonProvider));
  });

  it('are those of cluster.yaml, each with an encrypted disk of its own size', () => {
    const disk = (name: string) => one(resources, instance, name).inputs.rootBlockDevice;
    const names = ['control-1', 'worker-1', 'worker-2'];
    expect(ofType(resources, instance).map(({ name }) => name)).toEqual(names);
    expect(names.map(disk)).toMatchObject([
      { encrypted: true, volumeSize: 50 },
      { encrypted: true, volumeSize: 80 },
      { encrypted: true, volumeSize: 50 },
    ]);
  });

  it.each(['control-plane', 'worker'])(
    '%s has metadata version 2 only, one hop, no key and one security group',
    (role) => {
      const { inputs } = one(resources, template, role);
      expect(inputs.metadataOptions).toEqual({
        httpEndpoint: 'enabled',
        httpTokens: 'required',
        httpPutResponseHopLimit: 1,
      });
      expect(inputs).not.toHaveProperty('keyName');
      expect(inputs).not.toHaveProperty('userData');
      expect(inputs.vpcSecurityGroupIds).toEqual([`${role}-id`]);
      expect(inputs.iamInstanceProfile).toEqual({ arn: `arn:${role}` });
    },
  );

  it('use one build of an image, not the newest', () => {
    expect(machineImage).toMatch(/-\d{8}(\.\d+)?$/);
  });
});
