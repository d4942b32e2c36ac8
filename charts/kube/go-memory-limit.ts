import type { k8s } from 'cdk8s-plus-28';

/** Has Go collect garbage before the kernel kills the process: its limit is the memory limit of its container. */
export function goMemoryLimit(containerName: string): k8s.EnvVar {
  return {
    name: 'GOMEMLIMIT',
    valueFrom: { resourceFieldRef: { containerName, resource: 'limits.memory' } },
  };
}
