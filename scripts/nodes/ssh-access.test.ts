import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Cluster } from '../../model/schema/cluster.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { withSshAccess } from './ssh-access.ts';

const aws = {
  provider: { kind: 'aws', region: 'eu-central-1', account: '111122223333', zones: 3, nat: 'one' },
} as const;
const machines: Pick<Cluster, 'provider'> = {
  provider: {
    kind: 'machines',
    ports: { http: 30080, https: 30443 },
    ssh: { user: 'debian', port: 22, keys: [] },
  },
};

/** Stand-ins for AWS's programs in front of everything else. */
const standIns = (): void =>
  void vi.stubEnv('PATH', `${join(repositoryRoot, 'test', 'stacks', 'bin')}:${process.env.PATH}`);

afterEach(() => void vi.unstubAllEnvs());

describe('SSH access to the machines', () => {
  it('is plain SSH to machines with addresses', async () => {
    expect(await withSshAccess(machines, undefined, async (access) => access)).toEqual({ key: undefined });
    expect(await withSshAccess(machines, '/keys/one', async (access) => access)).toEqual({
      key: '/keys/one',
    });
  });

  it('on AWS uses the session manager, with a key that is deleted afterwards', async () => {
    standIns();
    const key = await withSshAccess(aws, undefined, async ({ key = '', env = {} }) => {
      expect(existsSync(key)).toBe(true);
      expect(env).toMatchObject({ AWS_REGION: 'eu-central-1', PLINTH_SESSION_KEY: `${key}.pub` });
      expect(env.ANSIBLE_SSH_EXTRA_ARGS).toMatch(/^-C -o ProxyCommand='sh ".*session\.sh" %h %p %r'$/);
      return key;
    });
    expect(existsSync(key)).toBe(false);
  });

  it('on AWS accepts a given key', async () => {
    expect(await withSshAccess(aws, '/keys/one', async (access) => access)).toEqual({ key: '/keys/one' });
  });

  it('reports a missing AWS program with its address', async () => {
    vi.stubEnv('PATH', '');
    await expect(withSshAccess(aws, undefined, async (access) => access)).rejects.toThrow(
      /^aws is not installed, and is needed to reach the nodes: https:/,
    );
  });
});
