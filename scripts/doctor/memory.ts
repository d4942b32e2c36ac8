import { type CheckResult, ok, warn } from './check-result.ts';

const gibibyte = 2 ** 30;

/** The memory of the machine that runs containers. */
export interface MemoryInput {
  totalBytes: number;
  /** Available memory, if known. */
  availableBytes: number | undefined;
  /** Software of its virtual machine; undefined without one. */
  machine: string | undefined;
  /** Whether this is a WSL 2 distribution. */
  wsl: boolean;
}

/** Commands that give a virtual machine more memory. */
const growth: Record<string, string> = {
  'Docker Desktop': 'In Docker Desktop: Settings, Resources, Memory limit: 8 GB',
  OrbStack: 'orb config set memory_mib 8192 && orb stop && orb start',
  colima: 'colima stop && colima start --cpu 4 --memory 8',
  'podman machine':
    'podman machine stop && podman machine set --cpus 4 --memory 8192 && podman machine start',
};

/** Whether a cluster fits into the memory. */
export function memory({ totalBytes, availableBytes, machine, wsl }: MemoryInput): CheckResult {
  const inGibibytes = (bytes: number): string => (bytes / gibibyte).toFixed(1);
  const whose = machine === undefined ? '' : ` of ${machine}`;
  const available =
    availableBytes === undefined ? '' : `, of which ${inGibibytes(availableBytes)} are available`;
  const found = `${inGibibytes(totalBytes)} GiB${whose}${available}`;
  if (totalBytes < 3.8 * gibibyte) {
    const more = wsl
      ? `In %UserProfile%\\.wslconfig, below [wsl2]: memory=8GB; then wsl --shutdown`
      : (growth[machine ?? ''] ?? 'Give this machine 4 GiB or more');
    return warn(`${found}: a cluster needs 4`, more);
  }
  if (availableBytes !== undefined && availableBytes < 2 * gibibyte) {
    return warn(`${found}: a cluster needs 2`, 'ps aux --sort=-rss | head');
  }
  return ok(found);
}
