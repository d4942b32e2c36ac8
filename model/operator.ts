import { z } from 'zod';
import { exceptionSchema } from './schema/exception.ts';
import { dnsLabel } from './schema/kubernetes-names.ts';

/**
 * A kind of custom resource. `conditions`: those that are True once an object of it works, in its status or, of a route of
 * the Gateway API, for each of its parents; Flux waits for them. Where none are named Flux waits for `Ready`, but only
 * if it is there already when Flux looks first.
 */
const customKind = z.union([
  z.string(),
  z.strictObject({ kind: z.string(), conditions: z.array(z.string()).min(1) }),
]);

/** What runs in the cluster on behalf of the platform: controllers and the services that they bring. */
export const operatorSchema = z.strictObject({
  name: dnsLabel,
  summary: z.string().min(1),
  namespace: dnsLabel,
  /** Keys of `images` in the lock file; their refs carry the version. */
  images: z.array(z.string()).default([]),
  /** Keys of `artifacts` in the lock file: CRDs of others, applied by Flux before everything that needs them. */
  crds: z.array(z.string()).default([]),
  provides: z
    .strictObject({
      /** `Kind.group` of each custom resource that exists once `crds` are applied, with what it waits for. */
      kinds: z.array(customKind).default([]),
      /** `Kind.group` of what a webhook of this operator guards: objects of these wait for its Deployment. */
      webhooks: z.array(z.string()).default([]),
      /** Names of StorageClasses, GatewayClasses: what others name in a spec. */
      classes: z.array(z.string()).default([]),
      /** First label of a host below the environment's domain: pods whose images come from there wait for this operator. */
      imageHost: dnsLabel.optional(),
      /** URL, as pods reach it, of the Git repository that Flux reads where cluster.yaml says `source: { kind: in-cluster }`. */
      gitRepository: z.url({ protocol: /^https?$/ }).optional(),
    })
    .prefault({}),
  /** Environments' providers where it runs; all where it is left out. */
  only: z.array(z.enum(['kind', 'machines', 'aws'])).optional(),
  /** Path in cluster.yaml of the size of this operator's volume, for messages about that volume. */
  volumeSize: z.array(z.string()).optional(),
  exceptions: z.array(exceptionSchema).default([]),
});

export type OperatorInput = z.input<typeof operatorSchema>;
export type Operator = z.infer<typeof operatorSchema>;

export function defineOperator(operator: OperatorInput): OperatorInput {
  return operator;
}
