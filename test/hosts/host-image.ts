import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { ensureRoot, imageSuite, type RootRecipe, rootKey } from '../../images/debian/index.ts';
import { hasEngineImage, importEngineImage } from '../../images/engine/index.ts';
import { goModule } from '../../images/go/index.ts';
import type { Engine, Report } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { type TarEntry, withParents } from '../../images/oci/index.ts';
import { ansibleRoot } from '../../scripts/nodes/tools.ts';

/** The user that may log in and become root, as in the images of clouds. */
export const hostUser = 'debian';

const ref = 'plinth.internal/test-host:1';

/** Counts up when the same parts make another image. */
const generation = 1;

/** What Debian's image for clouds has, as far as Ansible needs it; and Git, for the machine that serves it. */
const packages = [
  'dbus',
  'git',
  'jq',
  'openssh-server',
  'python3',
  'python3-apt',
  'sudo',
  'systemd',
  'systemd-sysv',
  'util-linux',
];

/** A container has no hardware and no terminal, and nothing may be upgraded in the middle of a test. */
const finish = [
  'rm -f "$1"/etc/ssh/ssh_host_*',
  'chroot "$1" useradd --create-home --shell /bin/bash debian',
  'echo "debian ALL=(ALL) NOPASSWD:ALL" > "$1/etc/sudoers.d/debian"',
  'for unit in systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket getty.target ' +
    'console-getty.service apt-daily.timer apt-daily-upgrade.timer unattended-upgrades.service e2scrub_all.timer fstrim.timer ' +
    'systemd-logind.service proc-sys-fs-binfmt_misc.automount; do ln -sf /dev/null "$1/etc/systemd/system/$unit"; done',
  'mkdir -p "$1/kind" "$1/etc/systemd/system/ssh.service.d"',
  'printf "[Service]\\nExecStartPre=\\nExecStartPre=/usr/bin/ssh-keygen -A\\n" > "$1/etc/systemd/system/ssh.service.d/keys.conf"',
];

/**
 * Has the image of a machine as it comes from a provider in the engine's store: Debian with systemd, sshd and Python, and with
 * the packages that the role base asks for, so that no package has to be fetched in a test.
 */
export async function ensureHostImage(engine: Engine, report: Report): Promise<string> {
  const lock = loadLock();
  const recipe: RootRecipe = {
    suite: imageSuite(lock),
    packages: [...new Set([...packages, ...(await basePackages())])],
    finish,
  };
  const kind = lock.binaries.kind?.version ?? '';
  const key = createHash('sha256')
    .update(JSON.stringify([generation, rootKey(recipe), kind]))
    .digest('hex')
    .slice(0, 16);
  if (await hasEngineImage(engine, ref, key)) return ref;
  const root = await ensureRoot(recipe, report);
  // Kind's own entry point makes a container fit for systemd and a kubelet.
  const entrypoint = (await goModule('sigs.k8s.io/kind', kind)).get(
    'images/base/files/usr/local/bin/entrypoint',
  );
  if (entrypoint === undefined) throw new Error(`Kind ${kind} has no entry point for nodes`);
  const files: TarEntry[] = withParents([
    { path: 'usr/local/bin/entrypoint', mode: 0o755, kind: 'file', content: entrypoint },
  ]);
  const changes = [
    'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]',
    'ENV container=docker',
    'VOLUME ["/var"]',
  ];
  report(`putting ${ref} together`);
  await importEngineImage(engine, ref, { files, root, key, changes, stopSignal: 'SIGRTMIN+3' });
  return ref;
}

const defaults = z.object({
  base_packages: z.array(z.string()),
  base_virtual_address_packages: z.array(z.string()),
});

async function basePackages(): Promise<string[]> {
  const text = await readFile(join(ansibleRoot, 'roles/base/defaults/main.yml'), 'utf8');
  const { base_packages: all, base_virtual_address_packages: some } = defaults.parse(parse(text));
  return [...all, ...some];
}
