import { z } from 'zod';
import { dnsLabel } from './kubernetes-names.ts';

/** Helm takes any SemVer 2; a range would be another chart on another day. */
const chartVersion = z
  .string()
  .regex(/^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, "one version such as '1.21.2', no range");

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "'sha256:' and 64 hexadecimal digits, which npm run new prints");

const host = String.raw`[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?`;

/** Where a chart is an artifact of a registry; the last part of the path is the name of the chart. */
const ociAddress = z
  .string()
  .regex(
    new RegExp(`^oci://${host}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`),
    "an address such as 'oci://quay.io/jetstack/charts/cert-manager', without version and digest",
  );

/** A repository of charts: a web server with an index.yaml. It goes into manifests as it is. */
const repositoryAddress = z.string().superRefine((text, context) => {
  const clean = new RegExp(String.raw`^https://${host}(/[\w.~-]+)*/?$`);
  if (clean.test(text)) return;
  const secret = /^https?:\/\/[^/]*@|[?#]/.test(text);
  context.addIssue({
    code: 'custom',
    message: secret
      ? 'it goes into Git and manifests, and a name, a password or a query has no place there'
      : "expected an https:// address such as 'https://charts.jetstack.io'",
    params: { secret, fix: "write the address alone, such as 'https://charts.jetstack.io'" },
    input: text,
  });
});

/** Pods outside of the chart, as one end of a flow. */
const peer = z.union([
  /** The API server, wherever it runs. */
  z.literal('kubernetes-api'),
  /** Any address. Wants the exception `open-egress` or `open-ingress`. */
  z.literal('anybody'),
  /** All pods of a namespace, or those of one workload of the chart or the platform. */
  z.strictObject({ namespace: dnsLabel, workload: dnsLabel.optional() }),
]);

const port = z.number().int().min(1).max(65535);

/** What the pods of one workload may do on the network, beside the resolution of names. */
const flows = z.strictObject({
  /** Whom they call, and on which port of its pods; that of the API server is known. */
  calls: z.array(z.strictObject({ to: peer, port: port.optional() })).default([]),
  /** Who calls them, and on which port of the pod. */
  answers: z.array(z.strictObject({ to: peer, port })).default([]),
});

/** What each form of chart has. */
const common = {
  /** What the chart is given in place of its own values, as values.yaml of that chart names them. */
  values: z.record(z.string(), z.json()).default({}),
  /** The level of Pod Security that the pods need. Another one than 'restricted' wants the exception `pod-security`. */
  podSecurity: z.enum(['restricted', 'baseline', 'privileged']).default('restricted'),
  /** By the name of a workload of the chart: its flows. Nothing else flows. */
  network: z.record(z.string(), flows).default({}),
};

/** A Helm chart of others, which helm-controller installs in the cluster, under the operator's name in its namespace. */
export const helmChart = z.union([
  z.strictObject({
    oci: ociAddress,
    /** The tag in the registry. */
    version: chartVersion,
    /** Of the chart's manifest in the registry. */
    digest,
    ...common,
  }),
  z.strictObject({
    repository: repositoryAddress,
    /** Of the chart in the repository. */
    name: dnsLabel,
    version: chartVersion,
    /** Of the archive of the chart: `digest` in index.yaml. */
    digest,
    ...common,
  }),
]);

export type HelmChart = z.output<typeof helmChart>;
export type Flows = z.output<typeof flows>;
export type ChartPeer = z.output<typeof peer>;

/** How messages name a chart: `oci://quay.io/jetstack/charts/cert-manager v1.21.2`. */
export function chartTitle(
  chart: Pick<HelmChart, 'version'> & ({ oci: string } | { repository: string; name: string }),
): string {
  const place = 'oci' in chart ? chart.oci : `${chart.repository.replace(/\/$/, '')}/${chart.name}`;
  return `${place} ${chart.version}`;
}
