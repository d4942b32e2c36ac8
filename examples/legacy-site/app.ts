import { defineApp } from '../../model/app.ts';

// An image of others that starts as root on port 80: upstream nginx as it is.
export default defineApp({
  name: 'legacy-site',
  summary: 'Pages by an image that wants to be root.',
  image: {
    ref: 'docker.io/library/nginx:1.27-alpine@sha256:65645c7bb6a0661892a8b03b89d0743208a18dd2f3f17a54ef4b76fb8e2f2a10',
  },
  user: 0,
  capabilities: ['CHOWN', 'SETGID', 'SETUID'],
  ports: { http: { port: 80 } },
  temporary: { '/var/cache/nginx': '64Mi', '/var/run': '1Mi' },
  probes: { ready: { path: '/', port: 'http' } },
  resources: { cpu: '10m', memory: '32Mi' },
  exceptions: [
    { rule: 'non-root', reason: 'The master process of this image starts as root.' },
    { rule: 'capabilities', reason: 'The master process hands its workers to the user nginx.' },
    { rule: 'low-port', reason: 'The image listens on 80; pages of other sites link to it so.' },
  ],
});
