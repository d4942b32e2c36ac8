import { defineApp } from '../../model/app.ts';

const port = 8080;
/** Port of the metrics: the gateway does not lead to it. */
const metricsPort = 8081;

export default defineApp({
  name: 'home',
  summary: "The platform's front page: what runs here, where it answers, and what needs a look.",
  image: { build: '.' },
  ports: { http: { port }, metrics: { port: metricsPort } },
  // By default Node's heap may grow to half of the memory limit before it collects garbage.
  env: { PORT: String(port), METRICS_PORT: String(metricsPort), NODE_OPTIONS: '--max-old-space-size=48' },
  probes: {
    ready: { path: '/readyz', port: 'http', period: 2 },
    live: { path: '/healthz', port: 'http' },
  },
  resources: { cpu: '20m', memory: '128Mi' },
  metrics: { port: 'metrics' },
  exposes: { port: 'http' },
  uses: [
    { kind: 'metrics', reason: 'It plots requests, failures, durations and memory of each app.' },
    {
      kind: 'logs',
      reason: 'It shows the errors of each app, and looks for the lines of its own synthetic requests.',
    },
    { kind: 'traces', reason: 'It looks for the traces of its own synthetic requests.' },
    {
      kind: 'kubernetes',
      reason:
        'It shows nodes, apps, reasons of failing pods, routes, certificates and the progress of Flux; it can change none of them.',
      rules: [
        { apiGroups: [''], resources: ['nodes', 'pods', 'events'], verbs: ['list', 'watch'] },
        { apiGroups: ['apps'], resources: ['deployments', 'statefulsets'], verbs: ['list', 'watch'] },
        { apiGroups: ['batch'], resources: ['cronjobs'], verbs: ['list', 'watch'] },
        {
          apiGroups: ['kustomize.toolkit.fluxcd.io'],
          resources: ['kustomizations'],
          verbs: ['list', 'watch'],
        },
        { apiGroups: ['source.toolkit.fluxcd.io'], resources: ['gitrepositories'], verbs: ['list', 'watch'] },
        { apiGroups: ['gateway.networking.k8s.io'], resources: ['httproutes'], verbs: ['list', 'watch'] },
        { apiGroups: ['cert-manager.io'], resources: ['certificates'], verbs: ['list', 'watch'] },
        // Which errors somebody resolved.
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['resolved-errors'], verbs: ['get'] },
      ],
    },
  ],
  identity: { reload: 'files' },
});
