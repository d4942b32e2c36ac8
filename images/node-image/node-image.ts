import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { withCacheLock } from '../cache/cache-lock.ts';
import { readImageNote, writeImageNote } from '../cache/image-note.ts';
import { ensureRoot, type RootRecipe, rootKey } from '../debian/root-filesystem.ts';
import { imageSuite } from '../debian/suite.ts';
import { type Engine, runEngine } from '../engine/engine.ts';
import { hasEngineImage, importEngineImage, inspectEngineImage } from '../engine-store/engine-image.ts';
import { pullEngineImage } from '../engine-store/pull.ts';
import { ensureBinary } from '../go/build.ts';
import { goModule } from '../go/module.ts';
import { recipeOf } from '../go/recipe.ts';
import { loadLock } from '../lock/read.ts';
import { type TarEntry, withParents } from '../oci/tar.ts';
import type { Report } from '../report.ts';
import { supplyMode } from '../supply/mode.ts';

/** Name of the nodes' image in the lock file. */
export const nodeImageName = 'kindest-node';

/** Increase this when the same parts give another image. */
const generation = 1;

/** Debian packages of the Dockerfile of Kind's base image, without storage clients; with Debian's runtime and network plugins. */
const packages = [
  ...[
    'systemd',
    'bash',
    'ca-certificates',
    'curl',
    'jq',
    'procps',
    'e2fsprogs',
    'util-linux',
    'mount',
    'kmod',
  ],
  ...['conntrack', 'iptables', 'nftables', 'iproute2', 'ethtool', 'libseccomp2', 'pigz'],
  ...['runc', 'containernetworking-plugins'],
];

/** The clean-up of that Dockerfile: units that set up hardware are removed. */
const finish = [
  'find "$1/lib/systemd/system/sysinit.target.wants/" -name systemd-tmpfiles-setup.service -delete',
  'rm -f "$1"/lib/systemd/system/multi-user.target.wants/* "$1"/etc/systemd/system/*.wants/* ' +
    '"$1"/lib/systemd/system/local-fs.target.wants/* "$1"/lib/systemd/system/sockets.target.wants/*udev* ' +
    '"$1"/lib/systemd/system/sockets.target.wants/*initctl* "$1"/lib/systemd/system/basic.target.wants/*',
  'echo ReadKMsg=no >> "$1/etc/systemd/journald.conf"',
  'ln -sf /usr/lib/systemd/systemd "$1/sbin/init"',
  'mkdir -p "$1/opt/cni" && ln -s /usr/lib/cni "$1/opt/cni/bin"',
];

const binaries = {
  'usr/bin': ['kubelet', 'kubeadm', 'kubectl'],
  'usr/local/bin': ['containerd', 'containerd-shim-runc-v2', 'ctr'],
} as const;

/** The nodes' image and its origin, on which Kind's configuration depends. */
export interface NodeImage {
  ref: string;
  source: 'built' | 'pulled';
}

/** Supplies the nodes' image to the engine's store: pulled, or assembled here. */
export async function ensureNodeImage(options: {
  engine: Engine;
  report: Report;
  signal?: AbortSignal | undefined;
}): Promise<NodeImage & { made: boolean }> {
  const { engine, report, signal } = options;
  const lock = loadLock();
  const image = lock.images[nodeImageName];
  if (image === undefined)
    throw new Error(`images/lock.yaml has no image '${nodeImageName}': add it under images:`);
  const { ref } = image;
  const key = nodeKey();
  const present = async (): Promise<(NodeImage & { made: boolean }) | undefined> => {
    if (await hasEngineImage(engine, ref, key)) return { ref, source: 'built', made: false };
    const note = readImageNote(nodeImageName);
    const id = await inspectEngineImage(engine, ref);
    return note?.source === 'pulled' && note.key === pulledKey(image) && note.digest === id
      ? { ref, source: 'pulled', made: false }
      : undefined;
  };
  const found = await present();
  if (found !== undefined) return found;
  return withCacheLock(`image-${nodeImageName}`, { report, signal, done: present }, async () => {
    const started = performance.now();
    const note = async (source: NodeImage['source'], noted: string): Promise<void> => {
      const digest = (await inspectEngineImage(engine, ref)) ?? '';
      const size = Number(await runEngine(engine, ['image', 'inspect', '--format', '{{.Size}}', ref]));
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      await writeImageNote(nodeImageName, { key: noted, ref, digest, source, seconds, size });
    };
    if ((await supplyMode(report, engine.registryMirror)) === 'pull') {
      await pullEngineImage(engine, image, { report, signal });
      await note('pulled', pulledKey(image));
      return { ref, source: 'pulled', made: true };
    }
    const root = await ensureRoot(rootRecipe(), report, { signal });
    const files = await nodeFiles(report, signal);
    report(`putting ${ref} together`);
    const changes = [
      'ENTRYPOINT ["/usr/local/bin/entrypoint","/sbin/init"]',
      'ENV container=docker',
      'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'VOLUME ["/var"]',
    ];
    await importEngineImage(engine, ref, { files, root, key, changes, stopSignal: 'SIGRTMIN+3' }, signal);
    await note('built', key);
    return { ref, source: 'built', made: true };
  });
}

/** The nodes' image of this cache with its last origin; `built` if there was none yet. */
export function loadNodeImage(): NodeImage {
  const ref = loadLock().images[nodeImageName]?.ref ?? '';
  return { ref, source: readImageNote(nodeImageName)?.source ?? 'built' };
}

function rootRecipe(): RootRecipe {
  return { suite: imageSuite(loadLock()), packages, finish };
}

function pulledKey(image: { ref: string; digest?: string | undefined }): string {
  return `${image.ref}@${image.digest ?? ''}`;
}

function nodeKey(): string {
  const lock = loadLock();
  const recipes = ['kubelet', 'containerd', 'kind'].map((name) => recipeOf(lock, name).key);
  const parts = [generation, rootKey(rootRecipe()), recipes, lock.images.pause?.ref, lock.kubernetes];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

async function nodeFiles(report: Report, signal: AbortSignal | undefined): Promise<TarEntry[]> {
  const lock = loadLock();
  const entries: TarEntry[] = [];
  let ctr = '';
  for (const [folder, names] of Object.entries(binaries)) {
    for (const name of names) {
      const source = await ensureBinary(name, report, { signal });
      if (name === 'ctr') ctr = source;
      entries.push({ path: `${folder}/${name}`, mode: 0o755, kind: 'file', source });
    }
  }
  entries.push(...(await kindFiles(lock.binaries.kind?.version ?? '', signal)));
  const units = '/etc/systemd/system';
  const wanted = ['kubelet.service', 'containerd.service', 'undo-mount-hacks.service'];
  for (const unit of wanted) {
    const path = `etc/systemd/system/multi-user.target.wants/${unit}`;
    entries.push({ path, mode: 0o777, kind: 'link', target: `${units}/${unit}` });
  }
  entries.push(
    { path: 'etc/systemd/system/systemd-binfmt.service', mode: 0o777, kind: 'link', target: '/dev/null' },
    { path: 'etc/kubernetes/manifests', mode: 0o755, kind: 'directory' },
    { path: 'etc/containerd/cri-base.json', mode: 0o644, kind: 'file', content: await containerSpec(ctr) },
    { path: 'kind/version', mode: 0o644, kind: 'file', content: lock.kubernetes },
  );
  return withParents(entries);
}

/** Files of Kind's Go module for its base image, with the modes of its Dockerfile. */
async function kindFiles(version: string, signal: AbortSignal | undefined): Promise<TarEntry[]> {
  const folder = 'images/base/files/';
  const pause = loadLock().images.pause?.ref ?? '';
  return [...(await goModule('sigs.k8s.io/kind', version, signal))]
    .filter(([file]) => file.startsWith(folder))
    .map(([file, text]) => {
      const path = file.slice(folder.length);
      const executable = /^(usr\/local\/bin|kind\/bin)\//.test(path);
      const content = path === 'etc/containerd/config.toml' ? containerdConfig(text.toString(), pause) : text;
      return { path, mode: executable ? 0o755 : 0o644, kind: 'file' as const, content };
    })
    .sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Kind's configuration of containerd with our sandbox image, and without the need for CAP_SYS_RESOURCE. */
export function containerdConfig(text: string, pause: string): string {
  return text
    .replace(/^(\s*sandbox_image = ).*$/m, `$1"${pause}"`)
    .replace(/^(\s*restrict_oom_score_adj = ).*$/m, '$1true');
}

/** The base specification of containers as in the Dockerfile, without limits (they cost accounting) and without the hook for the product's id. */
async function containerSpec(ctr: string): Promise<string> {
  const { stdout } = await execa(ctr, ['oci', 'spec'], { stdin: 'ignore' });
  const spec: { process?: { rlimits?: unknown } } = JSON.parse(stdout);
  delete spec.process?.rlimits;
  return `${JSON.stringify(spec)}\n`;
}
