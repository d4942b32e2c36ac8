import { defineApp } from '../../model/app.ts';

// By the clock: asks another app once a night, and fails where it does not answer.
export default defineApp({
  name: 'nightly-check',
  summary: 'Looks every night whether search answers.',
  image: {
    ref: 'docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0',
  },
  command: ['wget', '-q', '-T', '10', '-O', '-', 'http://search.search.svc:7700/health'],
  schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', deadline: '10m', retries: 2 },
  resources: { cpu: '10m', memory: '16Mi' },
  uses: [{ kind: 'app', app: 'search', port: 'http' }],
});
