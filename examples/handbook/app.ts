import { defineApp } from '../../model/app.ts';

// Pages for people who are signed in: the environment needs `signIn` in its cluster.yaml.
export default defineApp({
  name: 'handbook',
  summary: 'The pages of the team for its own people.',
  image: {
    ref: 'docker.io/nginxinc/nginx-unprivileged:1.29-alpine@sha256:0c79d56aee561a1d81c63f00eee5fb5fe29279560cdc55e91425133104c7fbe6',
  },
  user: 101,
  ports: { http: { port: 8080 } },
  files: {
    '/etc/nginx/conf.d/default.conf': 'files/default.conf',
    '/usr/share/nginx/html/index.html': 'files/index.html',
  },
  probes: { ready: { path: '/', port: 'http' } },
  resources: { cpu: '10m', memory: '32Mi' },
  exposes: { port: 'http', signIn: true, limits: { body: '64Ki', inFlight: 20 } },
});
