import type { FieldPath } from '../reading/source.ts';

/** A key of app.ts, and the heading of docs/app.md that describes it. */
interface Meaning {
  /** The rest of a sentence that begins with the other tool's key: `is written volumes: …`. */
  write: string;
  heading: string;
}

const is = (heading: string, write: string): Meaning => ({ heading, write: `is written ${write}` });

const volumes = is('volumes', "volumes: { data: { path: '/data', size: '1Gi' } }");
const schedule = is('schedule', "schedule: { cron: '30 2 * * *' }");
const env = is('env', "env: { NAME: 'value' }");
const ports = is('ports', 'ports: { http: { port: 8080 } }');
const probes = is('probes', "probes: { ready: { path: '/readyz', port: 'http' } }");
const uses = is('uses', 'uses: [{ kind: …, … }], one entry for each dependency');
const pullSecret = is(
  'image',
  "uses: [{ kind: 'secret', name: 'registry', keys: ['.dockerconfigjson'], as: 'pull' }]",
);
const files = is('files', "files: { '/etc/app.conf': 'files/app.conf' }");
const init = is('init', "init: [{ name: …, command: ['…'], resources: { … } }]");
const sidecars = is('sidecars', 'sidecars: [{ name: …, image: { ref: … }, resources: { … } }]');
const replicas = is('replicas', 'replicas: 3, or replicas: { min: 2, max: 6, cpu: 80 }');
const temporary = is('temporary', "temporary: { '/cache': '256Mi' }");
const exposes = is('exposes', "exposes: { port: 'http', host: 'shop' }");
const capabilities = is('capabilities', "capabilities: ['CHOWN'], with an exception that says why");
const resources = is('resources', "resources: { cpu: '100m', memory: '128Mi' }");
const image = is('image', "image: { build: '.' }, or image: { ref: 'docker.io/library/nginx:1.29.1' }");
const job = is('job', "job: { command: ['…'], resources: { … } }");
const restarts: Meaning = {
  heading: 'schedule',
  write:
    'is not needed: a process that ends is restarted; a process that should end has a schedule or is a job',
};
const nodes = is('nodes', "nodes: { labels: { disk: 'ssd' }, tolerate: ['gpu'] }");

/** Keys of Kubernetes, Compose and other platforms, each with its key of app.ts. */
const ofApp: readonly (readonly [words: string, meaning: Meaning])[] = [
  ['volume volumeMounts volumeClaimTemplates mounts mount persistence pvc storage disk data_dir', volumes],
  ['cron cronjob cronJob crontab cronSchedule schedules', schedule],
  ['env_file envFile envFrom environment envVars variables vars', env],
  ['port expose containerPort containerPorts service services listen', ports],
  ['healthcheck healthCheck health readinessProbe livenessProbe startupProbe readiness liveness', probes],
  ['depends_on dependsOn links needs requires networks network network_mode', uses],
  ['secret secrets', uses],
  ['imagePullSecrets pullSecret registryCredentials', pullSecret],
  ['mail smtp email external', is('uses', "uses: [{ kind: 'mail' }], docs/external.md")],
  ['manifests objects resourcesYaml raw', is('extra', "extra: ['extra/quota.yaml']")],
  ['config configs configMap configMaps configFiles', files],
  ['initContainers initContainer initSteps', init],
  ['containers sidecar sidecarContainers extraContainers', sidecars],
  ['autoscaling autoscale hpa scale scaling instances count deploy', replicas],
  ['tmpfs emptyDir tmp shm_size scratch', temporary],
  ['ingress hostname hosts host domain domains url route routes', exposes],
  ['cap_add capAdd cap_drop privileged securityContext', capabilities],
  ['runAsUser uid', is('user', 'user: 1000')],
  ['read_only readOnly readOnlyRootFilesystem', is('readOnlyRoot', 'readOnlyRoot: false')],
  ['limits requests memory cpu mem_limit cpus', resources],
  ['build dockerfile context', image],
  ['entrypoint', is('command', "command: ['program', 'argument']")],
  ['cmd', is('args', "args: ['--option']")],
  ['hooks preDeploy release migrate beforeDeploy', job],
  ['migrations', is('database', "database: { storage: '2Gi', migrations: { build: './migrations' } }")],
  ['db postgres postgresql databases', is('database', "database: { storage: '2Gi' }")],
  ['extensions postgres_extensions', is('database', "database: { storage: '2Gi', extensions: ['pg_trgm'] }")],
  ['priorityClassName', is('priority', 'priority: 10')],
  ['description title', is('summary', "summary: 'One sentence.'")],
  ['restart restartPolicy', restarts],
  ['nodeSelector nodeName tolerations affinity topologySpreadConstraints gpu gpus node', nodes],
  [
    'strategy updateStrategy update_config canary blueGreen minReadySeconds maxSurge maxUnavailable',
    is('rollout', "rollout: { watch: '2m' }"),
  ],
  ['slo sla slos', is('objective', "objective: { success: 99.5, within: '500ms' }")],
  ['monitoring prometheus serviceMonitor podMonitor scrape', is('metrics', "metrics: { port: 'http' }")],
  [
    'networkPolicy networkPolicies egress outbound internet',
    is('uses', "uses: [{ kind: 'internet', hosts: ['api.example.org'] }]; callers write uses too"),
  ],
  [
    'auth authentication login oauth oidc sso signIn',
    is('exposes', "exposes: { port: 'http', signIn: true }"),
  ],
  ['cors', is('exposes', "exposes: { port: 'http', cors: { origins: ['https://www.example.org'] } }")],
  ['rateLimit', is('exposes', "exposes: { port: 'http', limits: { rate: { perSecond: 100 } } }")],
  [
    'serviceAccount serviceAccountName rbac clusterRole',
    is('uses', "uses: [{ kind: 'kubernetes', rules: […], reason: '…' }]"),
  ],
  [
    'redis cache queue broker kafka rabbitmq mysql mongo mongodb s3 bucket',
    {
      heading: 'uses',
      write:
        "is an app of its own, which others call: uses: [{ kind: 'app', app: …, port: … }]; examples/README.md has some",
    },
  ],
  ['namespace', { heading: 'name', write: 'is not needed: the namespace has the name of the app' }],
  [
    'kind type',
    {
      heading: 'schedule',
      write:
        'is not needed: an app with ports is a server, one with a schedule a CronJob, any other a worker',
    },
  ],
  [
    'labels annotations metadata',
    { heading: 'extra', write: 'is not available: labels and annotations are derived' },
  ],
  [
    'working_dir workingDir workdir',
    {
      heading: 'command',
      write: 'is not available: name programs by absolute paths, or write WORKDIR in the Dockerfile',
    },
  ],
  ['timezone tz', is('env', "env: { TZ: 'Europe/Berlin' }; the one of a schedule is its timeZone")],
];

const ofProbe: readonly (readonly [string, Meaning])[] = [
  ['periodSeconds interval', is('probes', 'period: 10, in seconds')],
  ['timeoutSeconds', is('probes', 'timeout: 3, in seconds')],
  ['failureThreshold retries', is('probes', 'failures: 3')],
  ['initialDelaySeconds start_period delay', is('probes', "startup: { path: '/readyz', port: 'http' }")],
  ['httpGet http url', is('probes', "path: '/readyz', port: 'http'")],
  ['tcpSocket', is('probes', "tcp: 'http'")],
  ['command test cmd', is('probes', "exec: ['program', 'argument']")],
];

const ofVolume: readonly (readonly [string, Meaning])[] = [
  ['mount mountPath target', is('volumes', "path: '/data'")],
  ['storage capacity', is('volumes', "size: '1Gi'")],
  ['storageClass storageClassName', is('volumes', "class: 'standard'")],
  [
    'snapshot snapshots backups',
    is('volumes', "backup: { none: 'Why it may be lost, or which other backup exists.' }"),
  ],
];

const ofSchedule: readonly (readonly [string, Meaning])[] = [
  ['schedule at every', is('schedule', "cron: '30 2 * * *'")],
  ['timezone tz', is('schedule', "timeZone: 'Europe/Berlin'")],
  ['concurrencyPolicy', is('schedule', "overlap: 'forbid'")],
  ['startingDeadlineSeconds', is('schedule', "late: '10m'")],
  ['activeDeadlineSeconds timeout', is('schedule', "deadline: '1h'")],
  ['backoffLimit', is('schedule', 'retries: 2')],
];

const ofReplicas: readonly (readonly [string, Meaning])[] = [
  [
    'requests rps qps requestsPerSecond concurrency queue metric metrics',
    {
      heading: 'replicas',
      write:
        'is not there: pods are added by the load of their processors, cpu: 70; docs/decisions/0037-replicas-by-requests.md says why',
    },
  ],
  ['minReplicas from', is('replicas', 'min: 2')],
  ['maxReplicas to', is('replicas', 'max: 6')],
  [
    'targetCPUUtilizationPercentage averageUtilization utilization load',
    is('replicas', 'cpu: 70, in percent'),
  ],
];

const shared: Meaning = {
  heading: 'init',
  write: 'is not needed: every container of the pod has the files, temporary space and volumes of the app',
};

/** Containers beside the app; a step has no ports and no probes. */
const ofBeside: readonly (readonly [string, Meaning])[] = [
  ['volume volumes volumeMounts mounts files tmpfs temporary', shared],
  ['env_file envFrom environment variables vars', env],
  ['entrypoint', is('command', "command: ['program', 'argument']")],
  ['cmd arguments', is('args', "args: ['--option']")],
  ['securityContext runAsUser uid', is('user', 'user: 1000')],
  ['cap_add capAdd', capabilities],
  ['limits requests memory cpu', resources],
];

const ofSidecar: readonly (readonly [string, Meaning])[] = [
  ['port expose containerPort', ports],
  ['healthcheck healthCheck readinessProbe livenessProbe startupProbe', probes],
  ['restart restartPolicy', restarts],
];

const ofJob: readonly (readonly [string, Meaning])[] = [
  ['activeDeadlineSeconds timeout', is('job', "deadline: '10m'")],
  ['backoffLimit attempts', is('job', 'retries: 3')],
];

const ofDatabase: readonly (readonly [string, Meaning])[] = [
  ['size disk volume storageSize', is('database', "storage: '2Gi'")],
  ['plugins extension', is('database', "extensions: ['pg_trgm']")],
  ['migrate migration schema', is('database', "migrations: { build: './migrations' }")],
  [
    'name user username password url connectionString',
    {
      heading: 'database',
      write:
        'is derived: an app with an edge to the database gets PGHOST, PGDATABASE, PGUSER and a certificate for its login',
    },
  ],
  [
    'instances replicas',
    { heading: 'database', write: 'is written in cluster.yaml: databases: { instances: 3 }' },
  ],
  ['version image', { heading: 'database', write: 'is not available: the version is in images/lock.yaml' }],
];

const cors = is('exposes', "cors: { origins: ['https://www.example.org'], methods: ['PUT'] }");
const bodyLimit = is('exposes', "limits: { body: '10Mi', inFlight: 10 }");
const rateLimit = is('exposes', 'limits: { rate: { perSecond: 100, burst: 200 } }');
const inFlight = is('exposes', 'limits: { inFlight: 50 }');
const middleware: Meaning = {
  heading: 'exposes',
  write:
    "is written limits, cors, headers and redirects; Traefik's other middleware is not available, and the app itself does it",
};

/** Why a limit has no key for one visitor. */
const counted: Meaning = {
  heading: 'exposes',
  write:
    "is not available: nodes and load balancers replace the visitor's address by their own, so a limit counts all visitors together",
};

const ofLimits: readonly (readonly [string, Meaning])[] = [
  ['rateLimit requests perSecond average requestsPerSecond rps', rateLimit],
  ['maxBodySize bodySize maxRequestBodyBytes requestBody buffering', bodyLimit],
  ['inFlightReq concurrency connections maxConnections', inFlight],
  ['address by perAddress ip', counted],
];

const ofRate: readonly (readonly [string, Meaning])[] = [
  [
    'requests average rps limit per period interval',
    {
      heading: 'exposes',
      write: 'is written perSecond: 100; the gateway forgets its count after two seconds without a request',
    },
  ],
  ['by sourceCriterion address ip source', counted],
];

const ofCors: readonly (readonly [string, Meaning])[] = [
  ['origin allowOrigins allowedOrigins allowOrigin', is('exposes', "origins: ['https://www.example.org']")],
  ['allowMethods allowedMethods method', is('exposes', "methods: ['PUT', 'DELETE']")],
  ['allowHeaders allowedHeaders', is('exposes', "headers: ['Authorization']")],
  ['exposeHeaders', is('exposes', "exposedHeaders: ['X-Total']")],
  ['allowCredentials', is('exposes', 'credentials: true')],
];

const ofNodes: readonly (readonly [string, Meaning])[] = [
  ['selector nodeSelector matchLabels', is('nodes', "labels: { disk: 'ssd' }")],
  ['tolerations taints tolerates', is('nodes', "tolerate: ['gpu'], the keys of taints")],
  ['topologySpreadConstraints zones', is('nodes', "spread: { over: 'rack' }, the key of a label")],
  ['gpu devices', is('nodes', "gpus: { 'nvidia.com/gpu': 1 }")],
];

const ofImage: readonly (readonly [string, Meaning])[] = [
  ['args arguments build_args', is('image', "buildArgs: { VERSION: '1.2' }, the ARGs of the Dockerfile")],
  ['dockerfile file', is('image', "build: '.': the file is called Dockerfile and is beside app.ts")],
  ['buildContext root workspace', is('image', "context: '../..', the root of the repository")],
  ['secret buildSecrets build_secrets', is('image', "secrets: ['NPM_TOKEN'], variables of whoever builds")],
  ['pullSecret pullSecrets imagePullSecrets', pullSecret],
];

const publicPort = is(
  'ports',
  'public: 1883 at the port itself: ports: { mqtt: { port: 1883, public: 1883 } }',
);

const ofPort: readonly (readonly [string, Meaning])[] = [
  ['number containerPort target internal', is('ports', 'port: 8080')],
  ['hostPort nodePort published external loadBalancer', publicPort],
  ['transport type', is('ports', "protocol: 'udp'")],
];

const ofExposes: readonly (readonly [string, Meaning])[] = [
  ['path pathPrefix routes rules', is('exposes', "paths: { '/api': 'http' }, from a path to a port")],
  [
    'domain domains hostname hostnames aliases',
    is('exposes', "hosts: ['www'], or apps.NAME.hosts in cluster.yaml"),
  ],
  ['redirect rewrite', is('exposes', "redirects: { '/old': '/new' }")],
  ['grpc scheme', is('exposes', "protocol: 'grpc'")],
  [
    'tls certificate cert https',
    { heading: 'exposes', write: 'is not needed: the gateway has a certificate for every name' },
  ],
  ['tcp udp tcpPorts udpPorts ports numbers', publicPort],
  ['websocket websockets', { heading: 'exposes', write: 'is not needed: WebSocket works without a setting' }],
  ['middleware middlewares', middleware],
  ['CORS crossOrigin allowOrigins allowedOrigins', cors],
  ['rate rateLimit rateLimits', rateLimit],
  ['body maxBodySize bodySize clientMaxBodySize', bodyLimit],
  ['inFlight inFlightReq concurrency maxConnections', inFlight],
];

/** All mappings, by the place in app.ts where the keys may be written. */
export const otherWords: readonly {
  at: RegExp;
  words: readonly (readonly [string, Meaning])[];
}[] = [
  { at: /^$/, words: ofApp },
  {
    at: /^probes$/,
    words: [['readiness readinessProbe', probes], ['liveness livenessProbe', probes], ...ofProbe],
  },
  { at: /^probes\.\w+$/, words: ofProbe },
  { at: /^volumes\.[^.]+$/, words: ofVolume },
  { at: /^schedule$/, words: ofSchedule },
  { at: /^image$/, words: ofImage },
  { at: /^nodes$/, words: ofNodes },
  { at: /^ports\.[^.]+$/, words: ofPort },
  { at: /^exposes$/, words: ofExposes },
  { at: /^exposes\.limits$/, words: ofLimits },
  { at: /^exposes\.limits\.rate$/, words: ofRate },
  { at: /^exposes\.cors$/, words: ofCors },
  { at: /^replicas$/, words: ofReplicas },
  { at: /^(?:init|sidecars)\.\d+$/, words: ofBeside },
  { at: /^sidecars\.\d+$/, words: ofSidecar },
  { at: /^job$/, words: [...ofJob, ...ofBeside.filter(([words]) => !words.startsWith('volume '))] },
  { at: /^database$/, words: ofDatabase },
  { at: /^resources$/, words: [['limits requests', resources]] },
];

/** The hint for a key of another tool; undefined for any other key. */
export function otherWord(file: string, path: FieldPath, key: string): string | undefined {
  const isApp = /^apps\/[^/]+\/app\.ts$/.test(file);
  const isOverride = path.length === 2 && path[0] === 'apps' && /^clusters\/[^/]+\/cluster\.yaml$/.test(file);
  if (!isApp && !isOverride) return undefined;
  const place = isApp ? path.join('.') : '';
  for (const { at, words } of otherWords) {
    if (!at.test(place)) continue;
    const found = words.find(([list]) => list.split(' ').includes(key));
    if (found === undefined) continue;
    const [, { write, heading }] = found;
    const where = isApp ? '' : ` in apps/${path[1]}/app.ts`;
    return `'${key}' ${write}${where}; docs/app.md#${heading.toLowerCase()}`;
  }
  return undefined;
}
