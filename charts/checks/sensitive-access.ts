/** Access that gives more than the object itself: keys, other processes, rights, nodes, trust. */
export interface SensitiveAccess {
  /** Text in the table, before `of NAMESPACE`. */
  power: string;
  /** API groups, and resources in them, in any combination. */
  groups: readonly string[];
  resources: readonly string[];
  verbs: readonly string[];
  /** Whether `boundAccount` restricts an account with this access in all namespaces to some of them. */
  bounded?: true;
}

const write = ['create', 'update', 'patch'];

/** Sensitive accesses. Other rights read no secrets, and write only objects that their owner reads. */
export const sensitiveAccesses: readonly SensitiveAccess[] = [
  { power: 'reads Secrets', groups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] },
  { power: 'writes Secrets', bounded: true, groups: [''], resources: ['secrets'], verbs: write },
  { power: 'writes ConfigMaps', bounded: true, groups: [''], resources: ['configmaps'], verbs: write },
  {
    power: 'runs pods',
    bounded: true,
    groups: ['', 'apps', 'batch'],
    resources: [
      ...['pods', 'replicationcontrollers', 'deployments', 'replicasets', 'statefulsets', 'daemonsets'],
      ...['jobs', 'cronjobs', 'podtemplates'],
    ],
    verbs: write,
  },
  {
    power: 'enters pods',
    bounded: true,
    groups: [''],
    resources: ['pods/exec', 'pods/attach', 'pods/ephemeralcontainers', 'pods/portforward', 'pods/proxy'],
    verbs: ['get', ...write],
  },
  {
    power: 'writes the status of pods',
    groups: [''],
    resources: ['pods/status'],
    verbs: ['update', 'patch'],
  },
  {
    power: 'mints tokens',
    bounded: true,
    groups: [''],
    resources: ['serviceaccounts/token'],
    verbs: ['create'],
  },
  {
    power: 'writes roles',
    bounded: true,
    groups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'clusterroles', 'rolebindings', 'clusterrolebindings'],
    verbs: [...write, 'escalate', 'bind'],
  },
  {
    power: 'is others',
    groups: ['', 'authentication.k8s.io'],
    resources: ['users', 'groups', 'serviceaccounts', 'uids', 'userextras'],
    verbs: ['impersonate'],
  },
  {
    power: 'signs certificates of the API server',
    groups: ['certificates.k8s.io'],
    resources: [
      ...['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
      ...['signers', 'clustertrustbundles'],
    ],
    verbs: [...write, 'approve', 'sign', 'attest'],
  },
  {
    power: 'decides what is admitted',
    groups: ['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io'],
    resources: [
      ...['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
      ...['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
      ...['mutatingadmissionpolicies', 'mutatingadmissionpolicybindings'],
      ...['customresourcedefinitions', 'apiservices'],
    ],
    verbs: write,
  },
  { power: 'writes namespaces', groups: [''], resources: ['namespaces'], verbs: write },
  {
    power: 'writes nodes',
    groups: [''],
    resources: ['nodes', 'nodes/status', 'nodes/proxy'],
    verbs: write,
  },
  { power: 'asks kubelets', groups: [''], resources: ['nodes/proxy'], verbs: ['get'] },
  { power: 'makes volumes', groups: [''], resources: ['persistentvolumes'], verbs: write },
  {
    power: 'opens flows',
    bounded: true,
    groups: ['networking.k8s.io'],
    resources: ['networkpolicies'],
    verbs: [...write, 'delete'],
  },
  {
    power: 'moves requests',
    bounded: true,
    groups: ['', 'discovery.k8s.io', 'networking.k8s.io', 'gateway.networking.k8s.io'],
    resources: [
      ...['services', 'endpoints', 'endpointslices', 'ingresses'],
      ...['gateways', 'httproutes', 'grpcroutes', 'referencegrants', 'backendtlspolicies'],
    ],
    verbs: write,
  },
  {
    power: 'extends the gateway',
    groups: ['traefik.io'],
    resources: [
      ...['ingressroutes', 'ingressroutetcps', 'ingressrouteudps', 'middlewares', 'middlewaretcps'],
      ...['serverstransports', 'serverstransporttcps', 'tlsoptions', 'tlsstores', 'traefikservices'],
    ],
    verbs: write,
  },
  {
    power: 'tells Flux what to apply',
    groups: ['source.toolkit.fluxcd.io', 'kustomize.toolkit.fluxcd.io', 'helm.toolkit.fluxcd.io'],
    resources: [
      ...['gitrepositories', 'ocirepositories', 'buckets', 'helmcharts', 'helmrepositories'],
      ...['externalartifacts', 'kustomizations', 'helmreleases'],
      ...['gitrepositories/status', 'ocirepositories/status', 'buckets/status', 'externalartifacts/status'],
    ],
    verbs: write,
  },
  {
    power: 'asks for certificates',
    groups: ['cert-manager.io'],
    resources: ['certificates', 'certificaterequests', 'issuers', 'clusterissuers'],
    verbs: write,
  },
  {
    power: 'approves certificates',
    groups: ['cert-manager.io'],
    resources: ['signers', 'certificaterequests/status'],
    verbs: ['approve', 'update', 'patch'],
  },
  {
    power: 'says whom to trust',
    groups: ['trust.cert-manager.io'],
    resources: ['bundles'],
    verbs: write,
  },
  {
    power: 'makes databases',
    groups: ['postgresql.cnpg.io'],
    resources: ['clusters', 'databases', 'databaseroles', 'poolers', 'publications', 'subscriptions'],
    verbs: write,
  },
];
