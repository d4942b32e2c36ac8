import { defineApp } from '../../model/app.ts';

// Redis with a volume: what was written is there after a restart.
export default defineApp({
  name: 'durable-cache',
  summary: 'Keys and values that outlive their pod.',
  image: {
    ref: 'docker.io/library/redis:7.4-alpine@sha256:ff02b58f971e7d7d156a1267e283fcbbeee91773b6aa36c49dac28ecfe28eadf',
  },
  user: 999,
  args: ['--dir', '/data', '--appendonly', 'yes'],
  ports: { redis: { port: 6379 } },
  volumes: { data: { path: '/data', size: '1Gi' } },
  // It reads the whole file before it answers.
  probes: { startup: { exec: ['redis-cli', 'ping'], failures: 60 }, ready: { exec: ['redis-cli', 'ping'] } },
  resources: { cpu: '20m', memory: '128Mi' },
});
