import { defineApp } from '../../model/app.ts';

// A site of Node in two stages, as Next.js has it: pages are made with a build argument, and the image has them alone.
export default defineApp({
  name: 'storefront',
  summary: 'The shop window.',
  image: { build: '.', buildArgs: { TITLE: 'Everything must stay' } },
  replicas: { min: 1, max: 3, cpu: 70 },
  ports: { http: { port: 3000 } },
  probes: { ready: { path: '/', port: 'http' } },
  resources: { cpu: '20m', memory: '64Mi' },
  exposes: { port: 'http', host: 'shop' },
});
