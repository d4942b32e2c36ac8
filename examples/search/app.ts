import { defineApp } from '../../model/app.ts';

// Meilisearch: one pod with a volume.
export default defineApp({
  name: 'search',
  summary: 'Finds words in what was put into it.',
  image: {
    ref: 'docker.io/getmeili/meilisearch:v1.13@sha256:bed3fb650e62da53145777204891159242f6ea4ce69e215b36223af4aa64a0ae',
  },
  ports: { http: { port: 7700 } },
  env: { MEILI_NO_ANALYTICS: 'true', MEILI_MAX_INDEXING_MEMORY: '128MiB' },
  volumes: { index: { path: '/meili_data', size: '2Gi' } },
  probes: { ready: { path: '/health', port: 'http' }, live: { path: '/health', port: 'http' } },
  resources: { cpu: '50m', memory: '256Mi' },
});
