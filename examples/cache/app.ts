import { defineApp } from '../../model/app.ts';

// Redis as a cache: nothing on a disk, the oldest entries go first.
export default defineApp({
  name: 'cache',
  summary: 'A cache that may be empty at any time.',
  image: {
    ref: 'docker.io/library/redis:7.4-alpine@sha256:ff02b58f971e7d7d156a1267e283fcbbeee91773b6aa36c49dac28ecfe28eadf',
  },
  user: 999,
  args: ['--save', '', '--appendonly', 'no', '--maxmemory', '96mb', '--maxmemory-policy', 'allkeys-lru'],
  ports: { redis: { port: 6379 } },
  probes: { ready: { exec: ['redis-cli', 'ping'] }, live: { tcp: 'redis' } },
  resources: { cpu: '20m', memory: '128Mi' },
});
