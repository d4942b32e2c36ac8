import { z } from 'zod';
import { apiGroup, apiResource } from './schema/api-rule.ts';
import { appName } from './schema/app-name.ts';
import { initStep, sidecar } from './schema/beside.ts';
import { exceptionSchema } from './schema/exception.ts';
import { exposes } from './schema/exposes.ts';
import { extraFiles } from './schema/extra.ts';
import { pinnedImage } from './schema/image-reference.ts';
import { internetUse } from './schema/internet-use.ts';
import { job } from './schema/job.ts';
import { dnsLabel, portName } from './schema/kubernetes-names.ts';
import { files, temporary } from './schema/mount.ts';
import { nodeChoice } from './schema/node-choice.ts';
import { objectiveSchema } from './schema/objective.ts';
import { postgresExtensions } from './schema/postgres-extensions.ts';
import { probes } from './schema/probe.ts';
import { processFields, resources } from './schema/process.ts';
import { replicas } from './schema/replicas.ts';
import { bytes } from './schema/resources.ts';
import { rollout } from './schema/rollout.ts';
import { schedule } from './schema/schedule.ts';
import { secretUse } from './schema/secret-use.ts';
import { sentence } from './schema/sentence.ts';
import { tcpPort } from './schema/tcp-port.ts';
import { variableName, variables } from './schema/variables.ts';
import { volumes } from './schema/volume.ts';

/**
 * TypeScript program, as a path from the folder of the Dockerfile. It is bundled with all npm packages that
 * it imports into `dist/NAME.mjs` beside the Dockerfile, before the image is built. `index.html`: the pages of
 * a site, which Vite puts into `dist` with what they import. Default: no bundle.
 */
const bundle = z
  .string()
  .regex(
    /^(([a-z0-9-]+\/)*[a-z0-9-]+\.ts|index\.html)$/,
    "a TypeScript file below the folder such as 'src/server.ts', or 'index.html'",
  );

/** An edge of an app. */
const use = z.discriminatedUnion('kind', [
  z.strictObject({
    /** Calls another app's port. */
    kind: z.literal('app'),
    /** Name of the other app. */
    app: dnsLabel,
    /** Name of its port. */
    port: portName,
  }),
  z.strictObject({
    /** Queries a database, with a client certificate whose CN is the role. At most one per app. */
    kind: z.literal('database'),
    /** Name of the app that owns the database. */
    of: dnsLabel,
    /** Role: reads and writes rows, reads rows, or owns the schema. `owner` is only for the app that owns the database. */
    as: z.enum(['read-write', 'read-only', 'owner']),
  }),
  z.strictObject({
    /** Reads the Kubernetes API with the app's own service account. */
    kind: z.literal('kubernetes'),
    /** Rules of its ClusterRole, which has no others. */
    rules: z
      .array(
        z.strictObject({
          /** API groups; `''` is the core group. */
          apiGroups: z.array(apiGroup).min(1),
          /** Resources, in the plural. */
          resources: z.array(apiResource).min(1),
          /** Names of the only objects, in every namespace. Default: all objects. */
          resourceNames: z.array(z.string().min(1)).min(1).optional(),
          /** Verbs. */
          verbs: z.array(z.enum(['get', 'list', 'watch'])).min(1),
        }),
      )
      .min(1),
    /** Reason for these rights, one sentence. */
    reason: z.string().min(1),
  }),
  z.strictObject({
    /**
     * Queries the metrics of all apps and of the platform: `METRICS_URL` is the address of the HTTP API of
     * Prometheus. The variable is not set where the environment has `observability: off`.
     */
    kind: z.literal('metrics'),
    /** Reason for this access, one sentence. */
    reason: z.string().min(1),
  }),
  z.strictObject({
    /**
     * Queries the log lines of all apps and of the platform: `LOGS_URL` is the address of the API of their store,
     * `LOGS_STORE` its name, `LOGS_IDENTITY_DIR` the folder with the roots to trust and, if the API asks for one, a
     * certificate. None of them is set where the environment has `observability: off`.
     */
    kind: z.literal('logs'),
    /** Reason for this access, one sentence. */
    reason: z.string().min(1),
  }),
  z.strictObject({
    /**
     * Queries the traces of all apps and of the platform: `TRACES_URL` is the address of the API of their store,
     * `TRACES_STORE` its name and, if the API has TLS, `TRACES_IDENTITY_DIR` the folder with a certificate and the
     * roots to trust. None of them is set where the environment has `observability: off`.
     */
    kind: z.literal('traces'),
    /** Reason for this access, one sentence. */
    reason: z.string().min(1),
  }),
  z.strictObject({
    /** Verifies tokens of signed-in people: gets the public keys of the proxy `sign-in`. docs/sign-in.md. */
    kind: z.literal('people'),
    /** `true`: also reads and deletes people, by the directory of the proxy at `PEOPLE_DIRECTORY`. Default: it cannot. */
    manage: z.literal(true).optional(),
    /**
     * `true`: the app also runs where there are no accounts, or no app whose visitors' tokens reach it; it gets none of the variables
     * there. Default: such an environment is refused.
     */
    optional: z.literal(true).optional(),
  }),
  secretUse,
  internetUse,
  z.strictObject({
    /** Sends mail by the SMTP server that `external.mail` of cluster.yaml names. */
    kind: z.literal('mail'),
  }),
]);

export const appSchema = z.strictObject({
  /** Name of the folder; also the name of the namespace and the Service, and the default host name. */
  name: appName,
  /** One sentence for the front page. */
  summary: sentence,
  /** Image: built from the Dockerfile in the app's folder, or an upstream image. */
  image: z.union([
    z.strictObject({
      /** Folder of the Dockerfile: the folder of app.ts. */
      build: z.literal('.'),
      bundle: bundle.optional(),
      /**
       * Values of the ARGs of the Dockerfile, by name. Everyone who can pull the image can read them.
       * Default: the defaults of the Dockerfile.
       */
      buildArgs: z.record(variableName, z.string()).default({}),
      /**
       * Build context above the folder, such as the root of the repository: '../..'. COPY then names paths from there; only what it
       * names counts for the image's tag. Default: the folder.
       */
      context: z.enum(['..', '../..']).optional(),
      /**
       * Variables of whoever builds that `RUN --mount=type=secret,id=NAME` reads, such as the token of a registry of packages. They are neither in
       * the image nor in its tag. Default: none.
       */
      secrets: z.array(variableName).default([]),
    }),
    z.strictObject({
      /** Full reference of an upstream image, with its version. */
      ref: pinnedImage,
    }),
  ]),
  ...processFields,
  /** Number of pods, or the bounds of a HorizontalPodAutoscaler. */
  replicas: replicas.default(1),
  /** Gradual roll-out of a new version. Default: a new pod replaces an old one as soon as it is ready. */
  rollout: rollout.optional(),
  /** Ports on which the app listens, by name. An app without ports is a worker. */
  ports: z
    .record(
      portName,
      z.strictObject({
        /** Number of the port; one below 1024 needs the exception `low-port`. */
        port: tcpPort,
        /** `mutual`: mutual TLS, at most one port per app. Default: no TLS. */
        tls: z.literal('mutual').optional(),
        /** Transport protocol. */
        protocol: z.enum(['tcp', 'udp']).default('tcp'),
        /**
         * Number at which visitors reach this port by TCP or UDP, without the gateway: no TLS, no sign-in and no host names, unless the process has
         * them. Every node has the port too. Default: only apps that use it reach it. For HTTP and gRPC: `exposes`.
         */
        public: tcpPort.optional(),
      }),
    )
    .default({}),
  /** Environment variables of the process, by name. */
  env: variables.default({}),
  /** Probes of the kubelet. An app with ports must have `ready`. */
  probes: probes.default({}),
  /** Reservation of each pod. */
  resources,
  /**
   * Read-only files: map from the path in the container to a file below the app's folder. A change replaces
   * the pods.
   */
  files: files.default({}),
  /**
   * Empty writable folders: map from the path in the container to the size. `/tmp` always exists; without a
   * size here it has no limit.
   */
  temporary: temporary.default({}),
  /** Volumes that outlive the pods and the manifests, by name. */
  volumes: volumes.default({}),
  /** Init containers: steps that run before the app starts, one after the other. */
  init: z.array(initStep).default([]),
  /**
   * Sidecars: processes in the pod of the app, which start before it and end after it (Kubernetes, 'Sidecar
   * Containers').
   */
  sidecars: z.array(sidecar).default([]),
  /** Schedule, which makes the app a CronJob. Default: the app runs all the time. */
  schedule: schedule.optional(),
  /**
   * Job that runs once for each change of the app, before the new version starts; while it fails, the old
   * version keeps running.
   */
  job: job.optional(),
  /**
   * Priority on full nodes: pods of lower priority are evicted first (Kubernetes, 'Pod Priority and
   * Preemption'). Default: 0.
   */
  priority: z.number().int().min(-1000).max(1000).optional(),
  /** Nodes on which its pods run. Default: any. */
  nodes: nodeChoice.optional(),
  /** Endpoint of the app's own metrics, for Prometheus. Default: the app has none. */
  metrics: z
    .strictObject({
      /** Name of the port. */
      port: portName,
      /** Path of the metrics. */
      path: z
        .string()
        .regex(/^\/[\w./-]*$/, "a path that starts with '/'")
        .default('/metrics'),
    })
    .optional(),
  /** Service level objective over four weeks: alerts fire when its error budget burns. Default: no such alerts. */
  objective: objectiveSchema.optional(),
  /** Routes from outside, through the gateway. Default: none. */
  exposes: exposes.optional(),
  /**
   * Edges: the dependencies of this app. Certificates, rights, network policies and order are derived from
   * them.
   */
  uses: z.array(use).default([]),
  /** Own PostgreSQL database, whose roles log in by certificate only. */
  database: z
    .strictObject({
      /** Size of the volume of each instance, in bytes. */
      storage: bytes,
      /**
       * PostgreSQL extensions of the database, by their names in CREATE EXTENSION; none is ever removed.
       * Default: none.
       */
      extensions: postgresExtensions.default([]),
      /** Image that migrates the schema with the owner role, before the app's new version starts. */
      migrations: z
        .strictObject({
          /** Folder of its Dockerfile. */
          build: z.literal('./migrations'),
          bundle: bundle.optional(),
        })
        .optional(),
    })
    .optional(),
  /** Reload of renewed certificates; required if the app mounts certificates. */
  identity: z
    .strictObject({
      /** `files`: the process reads the files again when they change. */
      reload: z.literal('files'),
    })
    .optional(),
  /** YAML files of the app's folder whose objects are applied with the app. */
  extra: extraFiles.default([]),
  /** Rules for rendered objects that this app breaks, each with a reason. */
  exceptions: z.array(exceptionSchema).default([]),
});

/** Edges of one kind. */
export type Use<Kind extends z.infer<typeof use>['kind']> = Extract<z.infer<typeof use>, { kind: Kind }>;

/** An app before defaults are filled in. */
export type AppInput = z.input<typeof appSchema>;
/** An app after defaults are filled in. */
export type App = z.infer<typeof appSchema>;

/**
 * Declares an application workload. It validates nothing: the graph does, and reports the errors of all files
 * together.
 */
export function defineApp(app: AppInput): AppInput {
  return app;
}
