import { z } from 'zod';
import { dnsLabel } from './kubernetes-names.ts';
import { tcpPort } from './tcp-port.ts';

/** Helm accepts any SemVer 2; a version range would not be reproducible. */
const chartVersion = z
  .string()
  .regex(/^v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$/, "one version such as '1.21.2', no range");

const digest = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/, "'sha256:' and 64 hexadecimal digits, which npm run new prints");

const host = String.raw`[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?`;

/** Address of a chart in an OCI registry; the last part of the path is the chart's name. */
const ociAddress = z
  .string()
  .regex(
    new RegExp(`^oci://${host}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$`),
    "an address such as 'oci://quay.io/jetstack/charts/cert-manager', without version and digest",
  );

/** A chart repository: a web server with an index.yaml. The address is rendered unchanged. */
const repositoryAddress = z.string().superRefine((text, context) => {
  const clean = new RegExp(String.raw`^https://${host}(/[\w.~-]+)*/?$`);
  if (clean.test(text)) return;
  const secret = /^https?:\/\/[^/]*@|[?#]/.test(text);
  context.addIssue({
    code: 'custom',
    message: secret
      ? 'it goes into Git and manifests, so it must not have a name, a password or a query'
      : "expected an https:// address such as 'https://charts.jetstack.io'",
    params: { secret, fix: "write the address only, such as 'https://charts.jetstack.io'" },
    input: text,
  });
});

/** Pods outside of the chart, as one end of a flow. */
const peer = z.union([
  /** The API server, at every address. */
  z.literal('kubernetes-api'),
  /** Any address; needs the exception `open-egress` or `open-ingress`. */
  z.literal('anybody'),
  /** All pods of a namespace, or those of one workload of the chart or the platform. */
  z.strictObject({ namespace: dnsLabel, workload: dnsLabel.optional() }),
]);

/** Allowed flows of the pods of one workload; DNS is always allowed. */
const flows = z.strictObject({
  /** Destinations, each with a port of its pods; the API server needs none. */
  calls: z.array(z.strictObject({ to: peer, port: tcpPort.optional() })).default([]),
  /** Callers, each with a port of this workload's pods. */
  answers: z.array(z.strictObject({ to: peer, port: tcpPort })).default([]),
});

/** Common fields of all forms of charts. */
const common = {
  /** Values that replace those of the chart's values.yaml. */
  values: z.record(z.string(), z.json()).default({}),
  /** Pod Security level that the pods need; a level other than 'restricted' needs the exception `pod-security`. */
  podSecurity: z.enum(['restricted', 'baseline', 'privileged']).default('restricted'),
  /** Flows by the name of a workload of the chart; all other traffic is denied. */
  network: z.record(z.string(), flows).default({}),
};

/** An upstream Helm chart. helm-controller installs it as a release with the operator's name, in the operator's namespace. */
export const helmChart = z.union([
  z.strictObject({
    oci: ociAddress,
    /** Tag of the chart in the registry. */
    version: chartVersion,
    /** Digest of the chart's manifest in the registry. */
    digest,
    ...common,
  }),
  z.strictObject({
    repository: repositoryAddress,
    /** Name of the chart in the repository. */
    name: dnsLabel,
    version: chartVersion,
    /** Digest of the chart's archive: `digest` in index.yaml. */
    digest,
    ...common,
  }),
]);

export type HelmChart = z.output<typeof helmChart>;
export type Flows = z.output<typeof flows>;
export type ChartPeer = z.output<typeof peer>;

/** Name of a chart in messages: `oci://quay.io/jetstack/charts/cert-manager v1.21.2`. */
export function chartTitle(
  chart: Pick<HelmChart, 'version'> & ({ oci: string } | { repository: string; name: string }),
): string {
  const place = 'oci' in chart ? chart.oci : `${chart.repository.replace(/\/$/, '')}/${chart.name}`;
  return `${place} ${chart.version}`;
}
