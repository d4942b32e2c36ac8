import { z } from 'zod';

/**
 * YAML files below the folder, with further Kubernetes objects: they are checked, ordered and compared like all others, and
 * applied unchanged.
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

/** Fields of every Kubernetes object. */
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
 * Name of the component with an operator's further objects. It is applied after the Helm chart, because the chart can define their
 * kinds.
 */
export function extraName(operator: string): string {
  return `${operator}-extra`;
}
