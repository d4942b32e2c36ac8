import type { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { stringify } from 'yaml';
import { appDashboard } from '../../charts/app/dashboard.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns } from '../../charts/kube/network-policy.ts';
import type { ContainerInput } from '../../charts/kube/pod.ts';
import { execProbe, httpProbe } from '../../charts/kube/probe.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { volumeClaim } from '../../charts/kube/volume-claim.ts';
import type { DashboardFile } from '../../charts/observability/dashboards.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { provisionedDataSources } from './data-sources.ts';
import { platformDashboard } from './platform-dashboard.ts';
import { dashboardsFolder, dataFolder, grafanaIni, secretFiles, secretsFolder } from './settings.ts';

const name = 'grafana';
/** The user of upstream's image, whose files it may read. */
const user = 472;
const settingsFolder = '/etc/grafana';

/** Grafana, one pod, reachable by a port-forward with the admin's password. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    // Its database: users, preferences, and the encrypted keys of data sources.
    volumeClaim(chart, name, name, '1Gi');
    const identity = mutualIdentity(chart, env, name);
    const podAnnotations = configMap(chart, name, name, {
      'grafana.ini': grafanaIni(),
      'data-sources.yaml': stringify(provisionedDataSources()),
      'dashboards.yaml': stringify(dashboardProvider),
    });
    const dashboards = dashboardVolume(chart, dashboardFiles(env));
    deployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      annotations: { [annotations.reload]: 'files' },
      podAnnotations,
      pod: {
        serviceAccountName: name,
        user,
        ownsVolumes: true,
        init: [secretsContainer(env)],
        container: grafanaContainer(env, identity.volumeMounts),
        volumes: [
          { name: 'settings', configMap: { name, items: settingsItems } },
          dashboards,
          { name: 'data', persistentVolumeClaim: { claimName: name } },
          { name: 'scratch', emptyDir: {} },
          ...identity.volumes,
        ],
      },
    });
    denyAll(chart, name, ['Ingress', 'Egress']);
    allow(chart, name, name, {
      egress: [
        toDns,
        { peers: [pods('prometheus', 'prometheus')], ports: [{ port: ports.metrics }] },
        { peers: [pods('loki', 'loki')], ports: [{ port: ports.loki }] },
        { peers: [pods('tempo', 'tempo')], ports: [{ port: ports.tempo }] },
      ],
    });
    allowScrapes(chart, env, name);
  });
}

/** Creates the secrets of Grafana on its volume. */
function secretsContainer(env: Environment): ContainerInput {
  return {
    name: 'secrets',
    image: imageRef(env, name),
    command: ['/bin/sh', '-euc', makeSecrets, 'secrets', secretsFolder],
    args: Object.values(secretFiles),
    resources: { cpu: '10m', memory: '32Mi' },
    volumeMounts: [{ name: 'data', mountPath: dataFolder }],
  };
}

function grafanaContainer(env: Environment, identityMounts: readonly k8s.VolumeMount[]): ContainerInput {
  return {
    name,
    image: imageRef(env, name),
    command: ['/bin/sh', '-euc', `${readIdentity} > ${identityAtStart}; exec /run.sh`],
    ports: [{ name: 'http', containerPort: ports.grafana }],
    env: [
      goMemoryLimit(name),
      { name: 'GF_PATHS_CONFIG', value: `${settingsFolder}/grafana.ini` },
      { name: 'GF_PATHS_PROVISIONING', value: `${settingsFolder}/provisioning` },
    ],
    readinessProbe: httpProbe('http', '/api/health', { period: 5 }),
    livenessProbe: execProbe(['/bin/sh', '-euc', isAsAtStart], { period: 30 }),
    resources: { cpu: '50m', memory: '128Mi', memoryLimit: '512Mi' },
    volumeMounts: [
      { name: 'settings', mountPath: settingsFolder, readOnly: true },
      { name: 'dashboards', mountPath: dashboardsFolder, readOnly: true },
      { name: 'data', mountPath: dataFolder },
      { name: 'scratch', mountPath: '/tmp' },
      ...identityMounts,
    ],
  };
}

/** Path of each file of the ConfigMap: Grafana has a provisioning folder for each kind. */
const settingsItems = [
  { key: 'grafana.ini', path: 'grafana.ini' },
  { key: 'data-sources.yaml', path: 'provisioning/datasources/data-sources.yaml' },
  { key: 'dashboards.yaml', path: 'provisioning/dashboards/dashboards.yaml' },
];

/** Files of dashboards, read again when the kubelet has changed them. */
const dashboardProvider = {
  apiVersion: 1,
  providers: [
    {
      name: 'plinth',
      type: 'file',
      allowUiUpdates: false,
      updateIntervalSeconds: 30,
      options: { path: dashboardsFolder, foldersFromFilesStructure: true },
    },
  ],
};

/** Creates each missing secret: random bytes, readable only for this user. Existing ones stay. */
export const makeSecrets = `umask 077
folder=$1
shift
mkdir -p "$folder"
for name in "$@"; do
  [ -s "$folder/$name" ] && continue
  head -c 24 /dev/urandom | base64 > "$folder/$name.new"
  mv "$folder/$name.new" "$folder/$name"
done`;

/** Grafana copies certificates into its database at its start and never reads them again. */
const readIdentity = 'cat /identity/*/tls.crt /identity/*/roots.pem';
const identityAtStart = '/tmp/identity-at-start';
/**
 * Whether it answers, and its certificates are still those of its start: otherwise the kubelet restarts it.
 */
const isAsAtStart = `${readIdentity} | cmp -s - ${identityAtStart}; wget -q -T 2 -O /dev/null http://127.0.0.1:${ports.grafana}/api/health`;

/** Every dashboard of an environment: the platform's, and one per app. */
export function dashboardFiles(env: Environment): DashboardFile[] {
  return [platformDashboard(env), ...env.apps.map((app) => appDashboard(env, app))];
}

/**
 * One ConfigMap per dashboard, mounted in one folder, because together they exceed the size of a ConfigMap.
 */
function dashboardVolume(chart: Chart, files: readonly DashboardFile[]) {
  const sources = files.map(({ folder, name: file, dashboard }) => {
    const map = `dashboard-${folder.toLowerCase()}-${file}`;
    configMap(chart, map, name, { [`${file}.json`]: JSON.stringify(dashboard, null, 1) });
    return {
      configMap: { name: map, items: [{ key: `${file}.json`, path: `${folder}/${file}.json` }] },
    };
  });
  return { name: 'dashboards', projected: { sources } };
}
