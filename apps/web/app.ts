import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: 'web',
  summary: 'Pages for people: orders, account, organisations, members, API keys and administration.',
  image: { build: '.', bundle: 'index.html' },
  ports: { http: { port: 8080 } },
  exposes: { port: 'http', host: 'app', signIn: true },
  probes: {
    ready: { path: '/healthz', port: 'http', period: 2 },
    live: { path: '/healthz', port: 'http' },
  },
  resources: { cpu: '10m', memory: '48Mi' },
  uses: [
    { kind: 'app', app: 'accounts', port: 'grpc' },
    { kind: 'app', app: 'orders', port: 'grpc' },
  ],
  identity: { reload: 'files' },
});
