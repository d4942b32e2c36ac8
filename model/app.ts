import { z } from 'zod';
import { initStep, sidecar } from './schema/beside.ts';
import { appName, bytes, replicas, sentence, variables } from './schema/cluster.ts';
import { exceptionSchema } from './schema/exception.ts';
import { exposes } from './schema/exposes.ts';
import { extraFiles } from './schema/extra.ts';
import { pinnedImage } from './schema/image-reference.ts';
import { internetUse } from './schema/internet-use.ts';
import { job } from './schema/job.ts';
import { dnsLabel, portName } from './schema/kubernetes-names.ts';
import { files, temporary } from './schema/mount.ts';
import { objectiveSchema } from './schema/objective.ts';
import { probes } from './schema/probe.ts';
import { processFields, resources } from './schema/process.ts';
import { schedule } from './schema/schedule.ts';
import { secretUse } from './schema/secret-use.ts';
import { volumes } from './schema/volume.ts';

/**
 * The program that becomes one file with every npm package it imports, `dist/NAME.mjs` beside the Dockerfile, before
 * the image is built; from the folder of the Dockerfile. Default: none, the folder is built as it is.
 */
const bundle = z
  .string()
  .regex(/^([a-z0-9-]+\/)*[a-z0-9-]+\.ts$/, "a TypeScript file below the folder such as 'src/server.ts'");

/** An edge: something that this app needs. What must agree in ten places is derived from it. */
const use = z.discriminatedUnion('kind', [
  z.strictObject({
    /** Calls another app's port. */
    kind: z.literal('app'),
    app: dnsLabel,
    port: portName,
  }),
  z.strictObject({
    /** Queries the database that the app `of` owns, with a client certificate whose CN is the role. At most one per app. */
    kind: z.literal('database'),
    of: dnsLabel,
    /** The role: reads and writes rows, reads rows, or owns the schema; the last only in the app that owns the database. */
    as: z.enum(['read-write', 'read-only', 'owner']),
  }),
  z.strictObject({
    /** Reads the Kubernetes API with the app's own service account; becomes a ClusterRole with these rules only. */
    kind: z.literal('kubernetes'),
    rules: z
      .array(
        z.strictObject({
          apiGroups: z.array(z.string()).min(1),
          resources: z.array(z.string().min(1)).min(1),
          verbs: z.array(z.enum(['get', 'list', 'watch'])).min(1),
        }),
      )
      .min(1),
    reason: z.string().min(1),
  }),
  secretUse,
  internetUse,
]);

export const appSchema = z.strictObject({
  name: appName,
  /** One sentence for the front page. */
  summary: sentence,
  /** Built from the Dockerfile in the app's folder, or an upstream image by its full name and tag. */
  image: z.union([
    z.strictObject({ build: z.literal('.'), bundle: bundle.optional() }),
    z.strictObject({
      ref: pinnedImage,
    }),
  ]),
  ...processFields,
  /** How many pods, or from how many to how many. */
  replicas: replicas.default(1),
  /** Where it answers. Default: nowhere, as a worker. */
  ports: z
    .record(
      portName,
      z.strictObject({
        /** One below 1024 wants the exception `low-port`. */
        port: z.number().int().min(1).max(65535),
        /** `mutual`: callers prove who they are by a certificate; at most one port of an app. Default: plain. */
        tls: z.literal('mutual').optional(),
      }),
    )
    .default({}),
  env: variables.default({}),
  /** How kubelet learns that it has started, can answer and still works. An app with ports has `ready`. */
  probes: probes.default({}),
  /** What each pod reserves. */
  resources,
  files: files.default({}),
  /** Empty folders. `/tmp` is always one, without a limit unless it is written here. */
  temporary: temporary.default({}),
  volumes: volumes.default({}),
  init: z.array(initStep).default([]),
  sidecars: z.array(sidecar).default([]),
  /** It does not run all the time, but by the clock, and then ends. */
  schedule: schedule.optional(),
  job: job.optional(),
  /**
   * Who goes first where the nodes are full: pods with less are evicted for it (Kubernetes, 'Pod Priority and Preemption').
   * Default: 0, as all others.
   */
  priority: z.number().int().min(-1000).max(1000).optional(),
  /** Where Prometheus reads the app's own metrics, where something observes the cluster. Default: it has none. */
  metrics: z
    .strictObject({
      port: portName,
      path: z
        .string()
        .regex(/^\/[\w./-]*$/, "a path that starts with '/'")
        .default('/metrics'),
    })
    .optional(),
  /** What callers can rely on: `{ success: 99.5, within: '500ms' }`. Alerts fire as its error budget burns. Default: no such alert. */
  objective: objectiveSchema.optional(),
  /** Reached from outside through the gateway. Default: it is not. */
  exposes: exposes.optional(),
  uses: z.array(use).default([]),
  /** A PostgreSQL of its own, whose roles log in by certificate alone. */
  database: z
    .strictObject({
      /** Of each instance. */
      storage: bytes,
      /** An image that brings the schema up to date as the owner role, before the app's new version starts. */
      migrations: z.strictObject({ build: z.literal('./migrations'), bundle: bundle.optional() }).optional(),
    })
    .optional(),
  /** How the process takes up renewed certificates; an app that mounts any must say so. */
  identity: z
    .strictObject({
      /** It reads the files again by itself when they change. */
      reload: z.literal('files'),
    })
    .optional(),
  extra: extraFiles.default([]),
  exceptions: z.array(exceptionSchema).default([]),
});

/** What an app needs, by kind. */
export type Use<Kind extends z.infer<typeof use>['kind']> = Extract<z.infer<typeof use>, { kind: Kind }>;

/** As written in app.ts. */
export type AppInput = z.input<typeof appSchema>;
/** After the defaults. */
export type App = z.infer<typeof appSchema>;

/** Declares an application workload. The graph checks it, so that all errors of a run are shown at once. */
export function defineApp(app: AppInput): AppInput {
  return app;
}
