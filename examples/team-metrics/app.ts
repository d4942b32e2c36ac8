import { defineApp } from '../../model/app.ts';

// Prometheus of a team: configuration as a file, a volume, arguments.
export default defineApp({
  name: 'team-metrics',
  summary: 'Measures of the team.',
  image: {
    ref: 'docker.io/prom/prometheus:v3.2.1@sha256:6927e0919a144aa7616fd0137d4816816d42f6b816de3af269ab065250859a62',
  },
  user: 65534,
  args: [
    '--config.file=/etc/prometheus/prometheus.yml',
    '--storage.tsdb.path=/prometheus',
    '--storage.tsdb.retention.size=1500MB',
  ],
  ports: { http: { port: 9090 } },
  files: { '/etc/prometheus/prometheus.yml': 'files/prometheus.yml' },
  volumes: { series: { path: '/prometheus', size: '2Gi' } },
  probes: { ready: { path: '/-/ready', port: 'http' }, live: { path: '/-/healthy', port: 'http' } },
  resources: { cpu: '50m', memory: '256Mi' },
});
