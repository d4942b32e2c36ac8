import { z } from 'zod';
import { observabilityStores } from './schema/cluster/observability.ts';
import { exceptionSchema } from './schema/exception.ts';
import { extraFiles } from './schema/extra.ts';
import { helmChart } from './schema/helm-chart.ts';
import { dnsLabel } from './schema/kubernetes-names.ts';
import { tcpPort } from './schema/tcp-port.ts';
import { webAddress } from './schema/web-address.ts';

/**
 * A kind of custom resource. `conditions`: conditions that are True once an object works, in its status or,
 * for a route of the Gateway API, for each parent; Flux waits for them. `statusField`: a status field that is
 * true then, for kinds without conditions. Default: Flux waits for `Ready`, but only if the condition exists
 * when Flux first checks.
 */
const customKind = z.union([
  z.string(),
  z.strictObject({ kind: z.string(), conditions: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.string(), statusField: z.string() }),
]);

/** Software that the platform runs: controllers and the services that they provide. */
export const operatorSchema = z.strictObject({
  name: dnsLabel,
  summary: z.string().min(1),
  namespace: dnsLabel,
  /** The upstream Helm chart with its objects. Default: chart.ts beside this file creates them. */
  chart: helmChart.optional(),
  extra: extraFiles.default([]),
  /** Keys of `images` in the lock file; their refs carry the version. */
  images: z.array(z.string()).default([]),
  /**
   * Keys of `artifacts` in the lock file: upstream CRDs, which Flux applies before all objects that need
   * them.
   */
  crds: z.array(z.string()).default([]),
  provides: z
    .strictObject({
      /** `Kind.group` of each custom resource that `crds` define, with its readiness conditions. */
      kinds: z.array(customKind).default([]),
      /**
       * `Kind.group` of the kinds that a webhook of this operator validates: their objects wait for its
       * Deployment.
       */
      webhooks: z.array(z.string()).default([]),
      /** Names of StorageClasses and GatewayClasses that other objects refer to. */
      classes: z.array(z.string()).default([]),
      /**
       * First label of an image host below the environment's domain: pods with images from it wait for this
       * operator.
       */
      imageHost: dnsLabel.optional(),
      /**
       * URL, reachable from pods, of the Git repository that Flux reads where cluster.yaml has `source: {
       * kind: in-cluster }`.
       */
      gitRepository: webAddress({
        example: 'http://git-server.git-server.svc.cluster.local/platform.git',
        scheme: 'http',
      }).optional(),
    })
    .prefault({}),
  /** Providers of the environments where it runs. Default: all. */
  only: z.array(z.enum(['kind', 'machines', 'aws'])).optional(),
  /** Observability stores with which it runs. Default: all, and environments without observability. */
  stores: z.array(z.enum(observabilityStores)).min(1).optional(),
  /**
   * `charts`: it runs only if another operator is a Helm chart, which it installs. `sign-in`: only if
   * cluster.yaml has `signIn`. `mailpit`: only if mail goes to Mailpit. `registry-tls`: only with the
   * registry's overlay `tls`. `receiver`: only if the forge of the source has a receiver. `middleware`: only
   * if an app has limits or CORS at the gateway. `external-secrets`: only if an app reads secrets from a store
   * outside of the cluster. `rollout-errors`: only if errors of a new pod stop the roll-out of an app.
   */
  onlyWith: z
    .enum([
      'charts',
      'sign-in',
      'mailpit',
      'registry-tls',
      'receiver',
      'middleware',
      'external-secrets',
      'rollout-errors',
    ])
    .optional(),
  /**
   * Metrics of its pods for Prometheus: the workload's name, the port of its pods, and whether the port
   * requires a client certificate.
   */
  metrics: z
    .array(
      z.strictObject({
        workload: dnsLabel,
        port: tcpPort,
        path: z.string().startsWith('/').default('/metrics'),
        tls: z.literal('mutual').optional(),
      }),
    )
    .default([]),
  /**
   * Operators that its pods call over TLS, by name: it holds a client certificate `NAME-client` of each, and
   * the CA certificates.
   */
  calls: z.array(dnsLabel).default([]),
  /**
   * It holds a server certificate `NAME-server` of an authority of its own, for the Service of its name.
   * `mutual`: it requires client certificates. `tls`: it cannot, and only network policies restrict its
   * callers.
   */
  server: z.enum(['mutual', 'tls']).optional(),
  /** Path in cluster.yaml to the size of this operator's volume, for messages. */
  volumeSize: z.array(z.string()).optional(),
  exceptions: z.array(exceptionSchema).default([]),
});

export type OperatorInput = z.input<typeof operatorSchema>;
export type Operator = z.infer<typeof operatorSchema>;

export function defineOperator(operator: OperatorInput): OperatorInput {
  return operator;
}
