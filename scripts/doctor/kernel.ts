import { type CheckResult, fail, ok, warn } from './check-result.ts';
import { asRoot, type Host } from './host.ts';

/** Files that list features of the kernel. An unreadable file is empty. */
export interface KernelEvidence {
  /** /proc/filesystems */
  filesystems: string;
  /** Names in /sys/module. */
  loaded: string[];
  /** /lib/modules/VERSION/modules.builtin */
  builtin: string;
  /** /lib/modules/VERSION/modules.dep */
  loadable: string;
  /** /proc/config.gz, or /boot/config-VERSION. */
  config: string;
}

type Presence = 'there' | 'loadable' | 'missing' | 'unknown';

/** A feature that any one of several modules provides. */
interface Feature {
  name: string;
  modules: [module: string, option: string][];
  /** The consequence of its absence. */
  without: string;
  needed: 'must' | 'should';
}

const features: Feature[] = [
  {
    name: 'overlay',
    modules: [['overlay', 'CONFIG_OVERLAY_FS']],
    without: 'no container can start',
    needed: 'must',
  },
  {
    name: 'bridge',
    modules: [['bridge', 'CONFIG_BRIDGE']],
    without: 'containers have no network',
    needed: 'must',
  },
  { name: 'veth', modules: [['veth', 'CONFIG_VETH']], without: 'containers have no network', needed: 'must' },
  {
    name: 'nf_tables or iptables',
    modules: [
      ['nf_tables', 'CONFIG_NF_TABLES'],
      ['ip_tables', 'CONFIG_IP_NF_IPTABLES'],
    ],
    without: 'no Service has an address',
    needed: 'must',
  },
  {
    name: 'nf_conntrack',
    modules: [['nf_conntrack', 'CONFIG_NF_CONNTRACK']],
    without: 'no Service has an address',
    needed: 'must',
  },
  {
    name: 'br_netfilter',
    modules: [['br_netfilter', 'CONFIG_BRIDGE_NETFILTER']],
    without: 'a pod may not reach its own Service',
    needed: 'should',
  },
];

/**
 * Whether the kernel has the features for containers and Services; for a rootless engine, whether they are
 * loaded.
 */
export function kernel(evidence: KernelEvidence, host: Host, rootless = false): CheckResult {
  const judged = features.map((feature) => ({ ...feature, presence: presence(feature, evidence) }));
  // Root loads modules on demand; a rootless engine cannot.
  const unloaded = rootless ? judged.filter((feature) => feature.presence === 'loadable') : [];
  const missing = judged.filter((feature) => feature.presence === 'missing');
  const unknown = judged.filter((feature) => feature.presence === 'unknown');
  const modprobe = (some: Feature[]): string =>
    asRoot(host, `modprobe -a ${some.map(({ modules: [first] }) => first?.[0]).join(' ')}`);
  if (missing.length > 0) {
    const found = missing.map(({ name, without }) => `no ${name}: ${without}`).join('; ');
    const state = missing.some(({ needed }) => needed === 'must') ? fail : warn;
    return state(found, modprobe(missing));
  }
  if (unloaded.length > 0) {
    const names = unloaded.map(({ name }) => name).join(', ');
    return warn(`${names} not loaded, and a rootless engine cannot load modules`, modprobe(unloaded));
  }
  if (unknown.length > 0) {
    const names = unknown.map(({ name }) => name).join(', ');
    return warn(`the kernel does not report whether it has ${names}`, modprobe(unknown));
  }
  return ok(judged.map(({ name }) => name).join(', '));
}

function presence({ modules }: Feature, evidence: KernelEvidence): Presence {
  const each = modules.map(([module, option]) => one(module, option, evidence));
  for (const best of ['there', 'loadable', 'unknown'] as const) if (each.includes(best)) return best;
  return 'missing';
}

function one(module: string, option: string, evidence: KernelEvidence): Presence {
  const { filesystems, loaded, builtin, loadable, config } = evidence;
  const file = new RegExp(`/${module}\\.ko`);
  if (loaded.includes(module) || file.test(builtin)) return 'there';
  if (new RegExp(`^\\w*\\t${module}$`, 'm').test(filesystems)) return 'there';
  const set = new RegExp(`^${option}=([ym])$`, 'm').exec(config)?.[1];
  if (set === 'y') return 'there';
  if (file.test(loadable)) return 'loadable';
  return config === '' && loadable === '' ? 'unknown' : 'missing';
}
