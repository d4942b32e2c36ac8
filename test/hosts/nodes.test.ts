import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supply } from '../../images/index.ts';
import { pushManifests } from '../../scripts/flux/manifest-repository.ts';
import { renderEnvironment } from '../../scripts/flux/render-environment.ts';
import { servedFolder } from '../delivery/served-folder.ts';
import { ensurePulumi, Project, said } from '../stacks/project.ts';
import { onHost } from './containers.ts';
import { readyKustomizations, secretsByHand } from './flux.ts';
import { type GitHost, startGitHost } from './git-host.ts';
import { changed, environment, TestSite } from './test-site.ts';

const three = ['control-1', 'worker-1', 'worker-2'];
const four = [...three, 'worker-3'];

let site: TestSite;
let git: GitHost | undefined;
let project: Project | undefined;

beforeAll(async () => {
  site = await TestSite.make('nodes-test', 'v1.36.4');
  await site.add('control-1', 'control-plane');
  await site.add('worker-1', 'worker');
  await site.add('worker-2', 'worker');
});

afterAll(async () => {
  git?.close();
  project?.close();
  await site?.remove();
});

describe('machines', () => {
  it('are unchanged by --check, which lists each of them', async () => {
    const answer = await site.nodes('apply', '--check');
    expect(changed(answer)).toEqual(three);
    for (const name of three) expect(await leftOn(name)).toBe('');
  });

  it('become a cluster of one control plane and two workers', { tags: 'core' }, async () => {
    await site.timed('three machines to three Ready nodes', () => site.nodes('apply'));
    expect(await site.readyNodes()).toEqual(three);
  });

  it('are unchanged by a second run', { tags: 'core' }, async () => {
    expect(changed(await site.timed('a run that changes nothing', () => site.nodes('apply')))).toEqual([]);
  });

  it('are unchanged by the idempotence test of Molecule', async () => {
    await site.molecule('converge');
    await site.molecule('idempotence');
  });

  it('are unchanged by every play with --check', async () => {
    expect(changed(await site.nodes('apply', '--check'))).toEqual([]);
    expect(changed(await site.nodes('upgrade', '--check'))).toEqual([]);
    await site.nodes('backup', '--check');
    await site.nodes('reset', '--limit', 'worker-2', '--check');
    expect(await site.readyNodes()).toEqual(three);
  });

  it('run pods that reach each other across nodes, by address and by name', { tags: 'core' }, async () => {
    await site.molecule('verify');
  });

  it('get answers at any of their ports, also in the range of node ports', { tags: 'core' }, async () => {
    // Where calls of pods leave a machine, flannel gives them a random port of it.
    const call = `import socket; socket.create_connection(('${site.addressOf('control-1')}', 22), 5, ('', 31999))`;
    await onHost(site.engine, 'worker-1', `python3 -c "${call}"`);
  });

  it('gain a fourth one, and the others are unchanged', { tags: 'core' }, async () => {
    await site.add('worker-3', 'worker');
    expect(changed(await site.timed('a fourth machine joins', () => site.nodes('apply')))).toEqual([
      'worker-3',
    ]);
    expect(await site.readyNodes()).toEqual(four);
  });

  it('replace a lost worker by a fresh machine of the same name', async () => {
    await site.replace('worker-2');
    const answer = await site.timed('a worker is replaced', () => site.nodes('apply', '--limit', 'worker-2'));
    expect(changed(answer)).toEqual(['worker-2']);
    expect(await site.readyNodes()).toEqual(four);
  });

  it('renew certificates only when they expire soon, and serve the new ones', async () => {
    const renew = '/usr/local/sbin/plinth-renew-certificates';
    const before = await servedSerial();
    await onHost(site.engine, 'control-1', renew);
    expect(await servedSerial()).toBe(before);
    await site.timed('certificates are renewed', () => onHost(site.engine, 'control-1', `${renew} --now`));
    await expect
      .poll(async () => (await servedSerial()) || before, { timeout: 120_000, interval: 1_000 })
      .not.toBe(before);
    await expect
      .poll(() => site.readyNodes().catch(String), { timeout: 120_000, interval: 1_000 })
      .toEqual(four);
  });

  it('are handed over to Flux by pulumi up', async () => {
    await ensurePulumi();
    const folder = join(dirname(site.checkout.root), 'git');
    await mkdir(folder, { recursive: true });
    git = await startGitHost(folder, await site.network('Gateway'));
    await site.describe({
      source: { kind: 'git', url: `${git.url}/platform.git`, secret: 'git-authority' },
    });
    const { environment: described } = await renderEnvironment(site.checkout.root, environment);
    const needed = described.operators.flatMap(({ images, crds }) => [...images, ...crds]);
    await supply(needed, { engine: site.engine, report: console.log });
    await site.lockMirror();
    const rendered = await renderEnvironment(site.checkout.root, environment);
    const remote = join(folder, 'platform.git');
    const repository = { serve: servedFolder(remote), gitDir: join(folder, 'work.git') };
    await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
    await pushManifests(repository, {
      root: site.checkout.root,
      environment,
      manifests: rendered.manifests,
      message: 'Hosts',
    });
    await secretsByHand(site.kubeconfig, { authority: git.authority });
    project = await Project.at(dirname(site.checkout.root), {
      ...site.checkout.env,
      SSH_AUTH_SOCK: await site.sshAgent(),
    });
    await project.pulumi('stack', 'init', environment);
    await site.timed('pulumi up until every Kustomization is Ready', async () => {
      const up = await project?.pulumi('up', '-s', environment, '--yes');
      expect(up?.exitCode, up && said(up)).toBe(0);
      const names = [...rendered.manifests.keys()].flatMap(
        (path) => /(?:flux-sync|crds)\/kustomization-(.+)\.yaml$/.exec(path)?.[1] ?? [],
      );
      expect(await readyKustomizations(site.kubeconfig)).toEqual(names.sort());
    });
    await site.timed('every node has the roots of the registry', async () => {
      const path = '{range .items[*]}{.metadata.annotations.plinth\\.io/registry-roots}{"\\n"}{end}';
      const noted = async () =>
        new Set((await site.kubectl('get', 'nodes', `--output=jsonpath=${path}`)).trim().split('\n'));
      await expect.poll(noted, { timeout: 60_000, interval: 2_000 }).toHaveProperty('size', 1);
      expect([...(await noted())][0]).toMatch(/^[0-9a-f]{64}$/);
    });
    const again = await project.pulumi('preview', '-s', environment, '--expect-no-changes');
    expect(again.exitCode, said(again)).toBe(0);
    const { kubeconfig } = await project.outputs(environment);
    expect(kubeconfig).toBe(await readFile(site.kubeconfig, 'utf8'));
  });

  it('restore a lost control plane from its snapshot', async () => {
    await site.kubectl('create', 'configmap', 'before-the-snapshot');
    await site.nodes('backup');
    await site.kubectl('create', 'configmap', 'after-the-snapshot');
    const backups = join(site.folder, 'backups');
    const snapshot = join(backups, (await readdir(backups)).sort().at(-1) ?? '');
    await site.replace('control-1');
    await site.nodes('restore', '--check', '--from', snapshot);
    expect(await leftOn('control-1')).toBe('');
    await site.timed('a control plane is restored', async () => {
      await site.nodes('restore', '--from', snapshot);
      await site.nodes('apply');
    });
    const maps = await site.kubectl('get', 'configmaps', '--output=name');
    expect(maps).toContain('before-the-snapshot');
    expect(maps).not.toContain('after-the-snapshot');
    expect(await site.readyNodes()).toEqual(four);
    await site.molecule('verify');
  });

  it('leave the cluster by a reset, which removes everything of Kubernetes', {
    tags: 'core',
  }, async () => {
    await site.timed('a worker is reset', () => site.nodes('reset', '--limit', 'worker-3', '--yes'));
    expect(await site.readyNodes()).toEqual(three);
    expect(await leftOn('worker-3')).toBe('');
  });
});

/** Number of the certificate that the API server shows; nothing while it starts. */
async function servedSerial(): Promise<string> {
  const ask =
    'openssl s_client -connect 127.0.0.1:6443 < /dev/null 2> /dev/null | openssl x509 -noout -serial';
  return onHost(site.engine, 'control-1', `${ask} || true`);
}

/** Processes, mounts, files, interfaces and packet filter rules of Kubernetes on a machine; nothing where it is clean. */
async function leftOn(name: string): Promise<string> {
  return onHost(
    site.engine,
    name,
    [
      'ps --no-headers -eo comm | grep -E "^(kube|containerd|etcd|flannel)"',
      // Kind's entry point creates a control group of that name in every container; it is in /usr/local/bin.
      'findmnt --list --noheadings --output=TARGET | grep -v ^/sys/ | grep -E "kubelet|containerd|cni"',
      'ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/containerd /etc/cni /opt/cni 2>/dev/null',
      'ls /usr/local/bin | grep -v ^entrypoint$',
      'ip -brief link | grep -E "cni|flannel|veth"',
      // The firewall's own table stays, and names links of pods.
      '{ nft list tables; iptables-save; ipset list -name; } 2>/dev/null | grep -iE "kube|flannel|cni"',
      'true',
    ].join('; '),
  );
}
