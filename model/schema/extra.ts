import { z } from 'zod';

/**
 * Files below the folder with Kubernetes objects of one's own, as YAML: they are checked, ordered and compared like all others, and
 * applied as they are written.
 */
export const extraFiles = z.array(
  z
    .string()
    .max(200, 'at most 200 characters')
    .regex(
      /^(?!(.*\/)?\.{1,2}(\/|$))[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*\.ya?ml$/,
      "a YAML file below the folder such as 'extra/quota.yaml', without '..'",
    ),
);

/** What every Kubernetes object has. */
export const extraObject = z.looseObject({
  apiVersion: z.string().regex(/^([a-z0-9.-]+\/)?v\d\w*$/, "a version of an API such as 'v1' or 'apps/v1'"),
  kind: z.string().regex(/^[A-Z]\w+$/, "a kind such as 'ConfigMap'"),
  metadata: z.looseObject({
    name: z.string().min(1, 'a name'),
    namespace: z.string().min(1, 'a namespace').exactOptional(),
  }),
});

/** A Kubernetes object as a person wrote it. */
export type ExtraObject = z.output<typeof extraObject>;

/**
 * The component of an operator's own objects beside its Helm chart: they may be of kinds that only the chart brings, so they come
 * after it.
 */
export function extraName(operator: string): string {
  return `${operator}-extra`;
}
