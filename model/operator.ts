import { z } from 'zod';
import { observabilityStores } from './schema/cluster.ts';
import { exceptionSchema } from './schema/exception.ts';
import { extraFiles } from './schema/extra.ts';
import { helmChart } from './schema/helm-chart.ts';
import { dnsLabel } from './schema/kubernetes-names.ts';

/**
 * A kind of custom resource. `conditions`: those that are True once an object of it works, in its status or, of a route of
 * the Gateway API, for each of its parents; Flux waits for them. `statusField`: a field of its status that is true then, of a
 * kind without conditions. Where neither is named Flux waits for `Ready`, but only
 * if it is there already when Flux looks first.
 */
const customKind = z.union([
  z.string(),
  z.strictObject({ kind: z.string(), conditions: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.string(), statusField: z.string() }),
]);

/** What runs in the cluster on behalf of the platform: controllers and the services that they bring. */
export const operatorSchema = z.strictObject({
  name: dnsLabel,
  summary: z.string().min(1),
  namespace: dnsLabel,
  /** A Helm chart of others that brings its objects. Default: chart.ts beside this file does. */
  chart: helmChart.optional(),
  extra: extraFiles.default([]),
  /** Keys of `images` in the lock file; their refs carry the version. */
  images: z.array(z.string()).default([]),
  /** Keys of `artifacts` in the lock file: CRDs of others, applied by Flux before everything that needs them. */
  crds: z.array(z.string()).default([]),
  provides: z
    .strictObject({
      /** `Kind.group` of each custom resource that exists once `crds` are applied, with what it waits for. */
      kinds: z.array(customKind).default([]),
      /** `Kind.group` of the kinds that a webhook of this operator checks: their objects wait for its Deployment. */
      webhooks: z.array(z.string()).default([]),
      /** Names of StorageClasses and GatewayClasses, which other objects refer to. */
      classes: z.array(z.string()).default([]),
      /** First label of a host below the environment's domain: pods whose images come from there wait for this operator. */
      imageHost: dnsLabel.optional(),
      /** URL, as pods reach it, of the Git repository that Flux reads where cluster.yaml says `source: { kind: in-cluster }`. */
      gitRepository: z.url({ protocol: /^https?$/ }).optional(),
    })
    .prefault({}),
  /** Environments' providers where it runs; all where it is left out. */
  only: z.array(z.enum(['kind', 'machines', 'aws'])).optional(),
  /** Stores of observability in cluster.yaml with which it runs; where it is left out, it runs without any too. */
  stores: z.array(z.enum(observabilityStores)).min(1).optional(),
  /**
   * `charts`: it runs only where another operator is a Helm chart: it installs those. `sign-in`: only where cluster.yaml has
   * `signIn`; `mailpit`: only where mail goes to Mailpit there.
   */
  onlyWith: z.enum(['charts', 'sign-in', 'mailpit']).optional(),
  /** Where Prometheus reads metrics of its pods: the workload's name, the port of its pods, and whether it asks for a certificate. */
  metrics: z
    .array(
      z.strictObject({
        workload: dnsLabel,
        port: z.number().int().min(1).max(65535),
        path: z.string().startsWith('/').default('/metrics'),
        tls: z.literal('mutual').optional(),
      }),
    )
    .default([]),
  /** Operators that its pods call over TLS, by name: it holds a client certificate `NAME-client` of each, and its roots. */
  calls: z.array(dnsLabel).default([]),
  /**
   * It holds a server certificate `NAME-server` of an authority of its own, for its Service, which has its name. `mutual`: it
   * asks callers for theirs; `tls`: it cannot, and the network policies alone say who calls.
   */
  server: z.enum(['mutual', 'tls']).optional(),
  /** Path in cluster.yaml of the size of this operator's volume, for messages about that volume. */
  volumeSize: z.array(z.string()).optional(),
  exceptions: z.array(exceptionSchema).default([]),
});

export type OperatorInput = z.input<typeof operatorSchema>;
export type Operator = z.infer<typeof operatorSchema>;

export function defineOperator(operator: OperatorInput): OperatorInput {
  return operator;
}
