import { accessKinds } from './access-kinds.ts';
import { bucketKinds } from './bucket-kinds.ts';
import { machineKinds } from './machine-kinds.ts';
import { nameKinds } from './name-kinds.ts';
import { networkKinds } from './network-kinds.ts';
import type { ResourceKind } from './resource-kind.ts';

/** All types of resources that the simulated AWS knows. */
export const kinds: Readonly<Record<string, ResourceKind>> = {
  ...networkKinds,
  ...machineKinds,
  ...accessKinds,
  ...bucketKinds,
  ...nameKinds,
};
