import { defineApp } from '../../model/app.ts';

// A worker: it runs on and on, and nobody calls it.
export default defineApp({
  name: 'queue-worker',
  summary: 'Works off what others leave for it.',
  image: {
    ref: 'docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0',
  },
  command: ['sh', '/work/loop.sh'],
  files: { '/work/loop.sh': 'files/loop.sh' },
  env: { PAUSE: '30' },
  resources: { cpu: '10m', memory: '16Mi' },
  priority: -10,
});
