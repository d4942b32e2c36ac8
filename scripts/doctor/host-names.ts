import { type CheckResult, ok, warn } from './check-result.ts';
import { asRoot, type Host } from './host.ts';

/** A host name of the platform, and the addresses to which this machine resolves it. */
export interface NameInput {
  name: string;
  addresses: string[];
}

/** Whether the platform's host names resolve to this machine. */
export function names(inputs: NameInput[], host: Host): CheckResult {
  const lost = inputs.filter(({ addresses }) => !addresses.some(isLoopback)).map(({ name }) => name);
  if (lost.length === 0) return ok(inputs.map(({ name }) => name).join(', ') || 'none to resolve');
  const browsers = lost.every((name) => name.endsWith('.localhost'))
    ? 'by curl and other programs; Chrome, Edge and Firefox resolve them'
    : 'by programs on this machine';
  return warn(
    `${lost.join(', ')} cannot be resolved ${browsers}`,
    `echo '127.0.0.1 ${lost.join(' ')}' | ${asRoot(host, 'tee -a /etc/hosts')}`,
  );
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}
