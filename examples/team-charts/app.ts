import { defineApp } from '../../model/app.ts';

// Grafana of a team, beside the platform's own: a user of its own, a volume, a data source as a file.
export default defineApp({
  name: 'team-charts',
  summary: 'Charts that the team draws.',
  image: {
    ref: 'docker.io/grafana/grafana:11.5.2@sha256:8b37a2f028f164ce7b9889e1765b9d6ee23fec80f871d156fbf436d6198d32b7',
  },
  user: 472,
  ports: { http: { port: 3000 } },
  env: { GF_ANALYTICS_REPORTING_ENABLED: 'false', GF_ANALYTICS_CHECK_FOR_UPDATES: 'false' },
  files: { '/etc/grafana/provisioning/datasources/metrics.yaml': 'files/metrics.yaml' },
  volumes: { grafana: { path: '/var/lib/grafana', size: '1Gi' } },
  probes: {
    startup: { path: '/api/health', port: 'http' },
    ready: { path: '/api/health', port: 'http' },
  },
  resources: { cpu: '50m', memory: '256Mi' },
  exposes: { port: 'http', host: 'charts' },
  uses: [{ kind: 'app', app: 'team-metrics', port: 'http' }],
});
