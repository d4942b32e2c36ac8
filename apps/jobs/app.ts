import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: 'jobs',
  summary:
    'A job queue on PostgreSQL: jobs run now, later or on a schedule, and are retried until they are done.',
  image: { build: '.', bundle: 'src/server.ts' },
  // gRPC, REST and the page on one port, for clients with a certificate; probes and metrics on the other.
  ports: { grpc: { port: 8443, tls: 'mutual' }, http: { port: 8080 } },
  // OVERSEERS: apps that may see the jobs of every queue and retry them, for administrators.
  env: { NODE_OPTIONS: '--max-old-space-size=128', OVERSEERS: 'accounts' },
  probes: {
    ready: { path: '/readyz', port: 'http', period: 2 },
    live: { path: '/healthz', port: 'http' },
  },
  metrics: { port: 'http' },
  objective: { success: 99.5, within: '500ms' },
  resources: { cpu: '50m', memory: '192Mi' },
  database: { storage: '2Gi', migrations: { build: './migrations', bundle: 'migrate.ts' } },
  uses: [{ kind: 'database', of: 'jobs', as: 'read-write' }],
  identity: { reload: 'files' },
});
