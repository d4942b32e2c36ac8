import { defineApp } from '../../model/app.ts';

// Memcached: two pods that share nothing.
export default defineApp({
  name: 'sessions',
  summary: 'Sessions of visitors, in memory.',
  image: {
    ref: 'docker.io/library/memcached:1.6-alpine@sha256:9e4de012dc607573052061c0bcb38abc775e1dd59b24e7ac38d1892842094aaf',
  },
  user: 11211,
  args: ['-m', '64'],
  replicas: 2,
  ports: { memcached: { port: 11211 } },
  probes: { ready: { tcp: 'memcached' } },
  resources: { cpu: '10m', memory: '96Mi' },
});
