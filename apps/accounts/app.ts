import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: 'accounts',
  summary: 'Organisations, members, roles, API keys and an audit log for the people who sign in.',
  image: { build: '.', bundle: 'src/server.ts' },
  // gRPC, REST and the page on one port, for callers with a certificate; probes and metrics on the other.
  ports: { grpc: { port: 8443, tls: 'mutual' }, http: { port: 8080 } },
  // accounts.DOMAIN has the pages of the sign-in.
  exposes: { port: 'grpc', host: 'organisations', signIn: true },
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
    { kind: 'database', of: 'accounts', as: 'read-write' },
    { kind: 'people', manage: true },
    { kind: 'app', app: 'jobs', port: 'grpc' },
    { kind: 'mail' },
  ],
  identity: { reload: 'files' },
});
