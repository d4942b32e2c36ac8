import { type CheckResult, ok, warn } from './check.ts';
import { asRoot, type Host } from './host.ts';

/** A host name of the platform and the addresses that this machine knows for it. */
export interface NameInput {
  name: string;
  addresses: string[];
}

/** Whether the platform's host names lead to this machine. */
export function names(inputs: NameInput[], host: Host): CheckResult {
  const lost = inputs.filter(({ addresses }) => !addresses.some(isLoopback)).map(({ name }) => name);
  if (lost.length === 0) return ok(inputs.map(({ name }) => name).join(', ') || 'none to resolve');
  const browsers = lost.every((name) => name.endsWith('.localhost'))
    ? 'for curl and the like; Chrome, Edge and Firefox find them without'
    : 'from this machine';
  return warn(
    `${lost.join(', ')} cannot be found ${browsers}`,
    `echo '127.0.0.1 ${lost.join(' ')}' | ${asRoot(host, 'tee -a /etc/hosts')}`,
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
