import type { Cluster } from '../../model/schema/cluster.ts';
import type { HelmChart } from '../../model/schema/helm-chart.ts';
import type { CustomResource } from '../kube/custom-resource.ts';
import { field, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { annotations } from '../kube/names.ts';
import { kindOf } from '../kube/object-id.ts';
import { mirror } from '../order/crd-source.ts';
import { syncMetadata } from '../order/sync-metadata.ts';

/** All inputs of `helm template`; answers of the API server are left out. */
export interface Release {
  name: string;
  namespace: string;
  chart: ChartSource;
  values: Readonly<Record<string, unknown>>;
}

/** A chart with its digest and source. */
export type ChartSource = { version: string; digest: string } & (
  | { oci: string }
  | { repository: string; name: string }
);

/** The release of an operator with a Helm chart. */
export function releaseOf(operator: { name: string; namespace: string }, chart: HelmChart): Release {
  const { version, digest, values } = chart;
  const place = 'oci' in chart ? { oci: chart.oci } : { repository: chart.repository, name: chart.name };
  return {
    name: operator.name,
    namespace: operator.namespace,
    chart: { version, digest, ...place },
    values,
  };
}

/** The account in flux-system that helm-controller impersonates for a release. */
export function releaseAccount(name: string): string {
  return `helm-${name}`;
}

/**
 * Media type of the chart in an OCI artifact (https://helm.sh/docs/topics/registries/#helm-chart-manifest).
 */
const chartLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';

const scheme = 'oci://';
const mirrored = `${scheme}${mirror}/`;

/** A tag cannot have '+': Helm writes '_' instead. */
export function tagOf(version: string): string {
  return version.replaceAll('+', '_');
}

/** The source of the chart for source-controller: upstream, or the mirror under the same name. */
export function sourceObject(
  { name, chart }: Release,
  artifacts: Cluster['artifacts'] = 'upstream',
): KubeObject {
  const apiVersion = 'source.toolkit.fluxcd.io/v1' as const;
  const metadata = syncMetadata(name);
  if ('oci' in chart) {
    return {
      apiVersion,
      kind: 'OCIRepository',
      metadata,
      spec: {
        // The digest fixes the content; a daily check notices that the chart is gone.
        interval: '24h',
        ...(artifacts === 'mirror'
          ? { url: chart.oci.replace(scheme, mirrored), insecure: true }
          : { url: chart.oci }),
        ref: { tag: tagOf(chart.version), digest: chart.digest },
        layerSelector: { mediaType: chartLayer, operation: 'copy' },
      },
    } satisfies CustomResource;
  }
  return {
    apiVersion,
    kind: 'HelmRepository',
    metadata,
    spec: { interval: '24h', url: chart.repository },
  } satisfies CustomResource;
}

/** The HelmRelease, with the account that installs it. */
export function releaseObject(release: Release): KubeObject {
  const { name, namespace, chart, values } = release;
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: {
      ...syncMetadata(name),
      annotations: {
        [annotations.chartDigest]: chart.digest,
        [annotations.after]: 'Deployment flux-system/helm-controller',
      },
    },
    spec: {
      interval: '10m',
      timeout: '5m',
      releaseName: name,
      targetNamespace: namespace,
      storageNamespace: namespace,
      serviceAccountName: releaseAccount(name),
      ...('oci' in chart
        ? { chartRef: { kind: 'OCIRepository', name } }
        : {
            chart: {
              spec: {
                chart: chart.name,
                version: chart.version,
                interval: '24h',
                sourceRef: { kind: 'HelmRepository', name },
              },
            },
          }),
      // A failed upgrade is retried without a rollback.
      install: { crds: 'CreateReplace', strategy: { name: 'RetryOnFailure', retryInterval: '30s' } },
      upgrade: { crds: 'CreateReplace', strategy: { name: 'RetryOnFailure', retryInterval: '30s' } },
      driftDetection: { mode: 'enabled' },
      values,
    },
  } satisfies CustomResource;
}

/** The release in manifests: the inverse of `releaseObject` and `sourceObject`. */
export function releaseIn(object: KubeObject, sources: readonly KubeObject[]): Release | undefined {
  if (kindOf(object) !== 'HelmRelease.helm.toolkit.fluxcd.io') return undefined;
  const { spec } = object;
  const [kind, name] = ['chartRef', 'chart']
    .map((key) => (key === 'chart' ? field(spec, 'chart', 'spec', 'sourceRef') : field(spec, 'chartRef')))
    .filter((ref) => ref !== undefined)
    .flatMap((ref) => [textField(ref, 'kind'), textField(ref, 'name')]);
  const source = sources.find((each) => each.kind === kind && each.metadata.name === name);
  const url = textField(source, 'spec', 'url');
  const digest = object.metadata.annotations?.[annotations.chartDigest];
  if (url === undefined || digest === undefined) return undefined;
  const place =
    kind === 'OCIRepository'
      ? { oci: url.replace(mirrored, scheme), version: textField(source, 'spec', 'ref', 'tag') ?? '' }
      : {
          repository: url,
          name: textField(spec, 'chart', 'spec', 'chart') ?? '',
          version: textField(spec, 'chart', 'spec', 'version') ?? '',
        };
  return {
    name: textField(spec, 'releaseName') ?? object.metadata.name,
    namespace: textField(spec, 'targetNamespace') ?? 'default',
    chart: { digest, ...place },
    values: Object(field(spec, 'values') ?? {}),
  };
}
