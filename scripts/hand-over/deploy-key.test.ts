import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environment } from '../../test/charts/fixture.ts';
import { ensureDeployKey } from './deploy-key.ts';

const url = 'ssh://git@git.example.org:2222/team/platform.git';
const here = environment({
  cluster: { source: { kind: 'git', url, branch: 'main', secret: 'deploy-key' } },
});
let folder: string;
let files: { key: string; knownHosts: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-deploy-key-'));
  files = { key: join(folder, 'key'), knownHosts: join(folder, 'known_hosts') };
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', files.key]);
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'words', '-f', join(folder, 'locked')]);
  const hostKey = readFileSync(`${files.key}.pub`, 'utf8');
  writeFileSync(files.knownHosts, `[git.example.org]:2222 ${hostKey}other.example.org ${hostKey}`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The objects that are applied to a cluster with or without the Secret. */
function cluster(found = ''): {
  applied: string[];
  kubectl: (args: string[], input?: string) => Promise<string>;
} {
  const applied: string[] = [];
  const kubectl = async (args: string[], input?: string): Promise<string> => {
    if (args[0] === 'get') return found;
    applied.push(input ?? '');
    return '';
  };
  return { applied, kubectl };
}

it('creates the Secret with the key and with the host keys of that server alone', async () => {
  const { applied, kubectl } = cluster();
  expect(await ensureDeployKey(here, files, kubectl)).toBe(true);
  const { metadata, stringData } = JSON.parse(applied[0] ?? '');
  expect(metadata).toEqual({ name: 'deploy-key', namespace: 'flux-system' });
  expect(stringData.identity).toBe(readFileSync(files.key, 'utf8'));
  expect(stringData['identity.pub'].slice(0, 60)).toBe(readFileSync(`${files.key}.pub`, 'utf8').slice(0, 60));
  expect(stringData.known_hosts).toMatch(/^\[git\.example\.org\]:2222 ssh-ed25519 \S+.*\n$/);
});

it('leaves a Secret that is there as it is', async () => {
  const { applied, kubectl } = cluster('secret/deploy-key\n');
  expect(await ensureDeployKey(here, {}, kubectl)).toBe(false);
  expect(applied).toEqual([]);
});

it('needs none for a repository by HTTPS', async () => {
  const { kubectl } = cluster();
  const source = {
    kind: 'git' as const,
    url: 'https://git.example.org/a.git',
    branch: 'main',
  };
  expect(await ensureDeployKey(environment({ cluster: { source } }), {}, kubectl)).toBe(false);
});

it.each([
  ['no key', () => ({ ...files, key: undefined }), /no key was given/],
  ['a file that is not there', () => ({ ...files, key: join(folder, 'none') }), /ENOENT/],
  [
    'a key with a passphrase',
    () => ({ ...files, key: join(folder, 'locked') }),
    /no private key that Flux can use/,
  ],
  [
    'a server that this machine does not know',
    () => ({ ...files, knownHosts: `${files.key}.pub` }),
    /has no key of \[git\.example\.org\]:2222/,
  ],
])('refuses %s, and applies nothing', async (_, given, message) => {
  const { applied, kubectl } = cluster();
  await expect(ensureDeployKey(here, given(), kubectl)).rejects.toThrow(message);
  expect(applied).toEqual([]);
});
