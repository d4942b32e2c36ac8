import { afterEach, expect, it, vi } from 'vitest';
import { hostsToml } from './server.ts';

afterEach(() => vi.unstubAllEnvs());

it('tells a node to ask the mirror registry first, then each registry itself', () => {
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', '');
  expect(hostsToml()['docker.io']).toBe(
    'server = "https://registry-1.docker.io"\n\n[host."http://plinth-registry:5000/v2/docker.io"]\n' +
      '  capabilities = ["pull", "resolve"]\n  override_path = true\n',
  );
});

it('tells it to ask, after the mirror registry, the one that stands for all', () => {
  vi.stubEnv('PLINTH_REGISTRY_MIRROR', 'mirror.example.org/all');
  expect(hostsToml()['quay.io']).toMatch(
    /^server = "https:\/\/mirror\.example\.org\/v2\/all\/quay\.io"\noverride_path = true\n\n\[host\./,
  );
});
