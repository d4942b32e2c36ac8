import { defineApp } from '../../model/app.ts';

// Python, with a module that other apps share: the build context is the folder above.
export default defineApp({
  name: 'counter',
  summary: 'Counts how often it is asked.',
  image: { build: '.', context: '..' },
  ports: { http: { port: 8080 } },
  env: { NAME: 'counter' },
  probes: { ready: { path: '/readyz', port: 'http' } },
  resources: { cpu: '10m', memory: '48Mi' },
  exposes: { port: 'http' },
});
