import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: 'orders',
  summary: 'Takes orders and confirms each with a job.',
  image: { build: '.', bundle: 'src/server.ts' },
  // gRPC for services, and REST for people, whose token a caller with sign-in hands on; probes and metrics on the other.
  ports: { grpc: { port: 8443, tls: 'mutual' }, http: { port: 8080 } },
  env: { NODE_OPTIONS: '--max-old-space-size=96' },
  probes: {
    ready: { path: '/readyz', port: 'http', period: 2 },
    live: { path: '/healthz', port: 'http' },
  },
  metrics: { port: 'http' },
  objective: { success: 99.5, within: '500ms' },
  resources: { cpu: '50m', memory: '160Mi' },
  database: { storage: '2Gi', migrations: { build: './migrations', bundle: 'migrate.ts' } },
  uses: [
    { kind: 'database', of: 'orders', as: 'read-write' },
    { kind: 'app', app: 'jobs', port: 'grpc' },
    { kind: 'people', optional: true },
  ],
  identity: { reload: 'files' },
});
