import { expect, it } from 'vitest';
import { type EngineInfoName, infoOf } from '../../test/images/engine-info.ts';
import { hostsToml, mirrorArguments } from './server.ts';

it('sends a node to the mirror first, then to each registry', () => {
  expect(hostsToml('')['docker.io']).toBe(
    'server = "https://registry-1.docker.io"\n\n[host."http://plinth-registry:5000/v2/docker.io"]\n' +
      '  capabilities = ["pull", "resolve"]\n  override_path = true\n',
  );
});

it('sends a node to the mirror first, then to the one mirror of all registries', () => {
  expect(hostsToml('mirror.example.org/all')['quay.io']).toMatch(
    /^server = "https:\/\/mirror\.example\.org\/v2\/all\/quay\.io"\noverride_path = true\n\n\[host\./,
  );
});

it('sends a node to the one mirror of all registries only, below its own path', () => {
  const files = hostsToml('', 'https://mirror.example.org/all/');
  expect(files['ghcr.io']).toBe(
    'server = "https://ghcr.io"\n\n[host."https://mirror.example.org/v2/all/ghcr.io"]\n' +
      '  capabilities = ["pull", "resolve"]\n  override_path = true\n',
  );
});

it('leaves out registries that are not in a table of mirrors', () => {
  const files = hostsToml('', 'docker.io=https://hub.example.org,quay.io=http://mirror.example.org/quay');
  expect(Object.keys(files)).toEqual(['docker.io', 'quay.io']);
  expect(files['docker.io']).toBe(
    'server = "https://registry-1.docker.io"\n\n[host."https://hub.example.org"]\n  capabilities = ["pull", "resolve"]\n',
  );
  expect(files['quay.io']).toContain('[host."http://mirror.example.org/v2/quay"]\n');
});

it.each<[EngineInfoName, string[]]>([
  ['Docker 28 of Fedora, with SELinux', ['label=disable', 'no-new-privileges']],
  ['Podman 5 of Fedora, with SELinux', ['label=disable', 'no-new-privileges']],
  ['Docker 28', ['no-new-privileges']],
  ['Podman 4 without root', ['no-new-privileges']],
])('reads the folder of its user, which takes more where SELinux confines it: %s', (machine, options) => {
  const info = infoOf(machine);
  const engine = { name: info.name, private: false, command: info.name, env: {}, info };
  const args = mirrorArguments(engine, 'docker.io/library/registry:3.1.2', 'as wanted');
  expect(args.filter((_, at) => args[at - 1] === '--security-opt').sort()).toEqual(options);
  expect(args).toContain('--read-only');
});
