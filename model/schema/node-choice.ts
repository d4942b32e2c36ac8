import { z } from 'zod';

/** `domain/name` or `name` (IsQualifiedName), without the domains that Kubernetes keeps for itself. */
const qualifiedName =
  /^(?!([a-z0-9.-]+\.)?(kubernetes|k8s)\.io\/)(?![^/]{254})([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;

/** Key of a label or a taint of a node. Keys below kubernetes.io and k8s.io are Kubernetes' own (NodeRestriction). */
export const nodeKey = z
  .string()
  .regex(qualifiedName, "a key such as 'disk' or 'example.org/disk', not below kubernetes.io or k8s.io");

/** Value of a label or a taint. */
export const nodeValue = z
  .string()
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/,
    "at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
  );

/**
 * Number of GPUs by the name of their extended resource (Kubernetes, 'Schedule GPUs'; IsExtendedResourceName): a quota puts
 * 'requests.' before the name, which must fit too.
 */
export const gpus = z.record(
  z
    .string()
    .regex(
      /^(?!([a-z0-9.-]+\.)?kubernetes\.io\/)(?!requests\.)(?![^/]{245})[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\/[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/,
      "the name of an extended resource such as 'nvidia.com/gpu'",
    ),
  z.number().int().min(1).max(64),
);

/** Choice of the nodes for an app's pods. */
export const nodeChoice = z.strictObject({
  labels: z.record(nodeKey, nodeValue).default({}).describe('Labels that a node must have, all of them.'),
  tolerate: z.array(nodeKey).default([]).describe('Keys of the taints that the pods tolerate.'),
  spread: z
    .strictObject({
      over: nodeKey
        .optional()
        .describe(
          'Key of the label over whose values the pods are spread. Default: each node counts by itself.',
        ),
      strict: z.boolean().default(false).describe('`true`: a pod that cannot be spread stays pending.'),
    })
    .optional()
    .describe('Spread of the pods. Default: over the nodes, as far as they have room.'),
  gpus: gpus
    .default({})
    .describe(
      'GPUs of each pod by the name of their extended resource, such as nvidia.com/gpu. The driver and the device plugin of the vendor offer them.',
    ),
});

export type NodeChoice = z.infer<typeof nodeChoice>;

/** Fields of a node that decide whether a pod can run there. */
export interface NodeFeatures {
  labels: Readonly<Record<string, string>>;
  taints: Readonly<Record<string, string>>;
}

/** Whether a pod with these labels in its `nodeSelector` and these tolerated taints can run on a node. */
export function takesPod(
  { labels, taints }: NodeFeatures,
  pod: { labels: Readonly<Record<string, string>>; tolerate: readonly string[] },
): boolean {
  return (
    Object.entries(pod.labels).every(([key, value]) => labels[key] === value) &&
    Object.keys(taints).every((key) => pod.tolerate.includes(key))
  );
}

/** The nodes on which pods run: the workers, or the control planes if there are no workers. */
export function nodesForPods<N extends { role: 'control-plane' | 'worker' }>(nodes: readonly N[]): N[] {
  const workers = nodes.filter(({ role }) => role === 'worker');
  return workers.length > 0 ? workers : [...nodes];
}
