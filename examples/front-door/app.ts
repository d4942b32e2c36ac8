import { defineApp } from '../../model/app.ts';

// One app at two names, with two ports behind paths, an address that moved, headers that the gateway sets, limits and CORS.
export default defineApp({
  name: 'front-door',
  summary: 'The pages of the team and the files beside them.',
  image: {
    ref: 'docker.io/nginxinc/nginx-unprivileged:1.29-alpine@sha256:0c79d56aee561a1d81c63f00eee5fb5fe29279560cdc55e91425133104c7fbe6',
  },
  user: 101,
  ports: { pages: { port: 8080 }, downloads: { port: 8081 } },
  files: { '/etc/nginx/conf.d/default.conf': 'files/default.conf' },
  probes: { ready: { path: '/', port: 'pages' } },
  resources: { cpu: '10m', memory: '32Mi' },
  exposes: {
    port: 'pages',
    host: 'welcome',
    hosts: ['start'],
    paths: { '/files': 'downloads' },
    redirects: { '/home': { to: '/', permanent: true } },
    headers: { response: { 'X-Frame-Options': 'DENY', 'Content-Security-Policy': "default-src 'self'" } },
    limits: { body: '64Ki', rate: { perSecond: 100, burst: 200 }, inFlight: 20 },
    cors: { origins: ['https://www.example.org'] },
  },
});
