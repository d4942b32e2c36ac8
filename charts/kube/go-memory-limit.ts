import type { k8s } from 'cdk8s-plus-28';

/**
 * GOMEMLIMIT with the memory limit of the container, so that Go collects garbage before the kernel kills the
 * process.
 */
export function goMemoryLimit(containerName: string): k8s.EnvVar {
  return {
    name: 'GOMEMLIMIT',
    valueFrom: { resourceFieldRef: { containerName, resource: 'limits.memory' } },
  };
}
