import { defineApp } from '../../model/app.ts';

// Gotenberg: turns pages into PDF; more pods while many are asked for.
export default defineApp({
  name: 'documents',
  summary: 'Makes PDF files of pages.',
  image: {
    ref: 'docker.io/gotenberg/gotenberg:8@sha256:f29984bd1e226bf1b93ba90af06000afa8b315853e99d27b9aaa41b93f15c769',
  },
  user: 1001,
  replicas: { min: 1, max: 3, cpu: 70 },
  ports: { http: { port: 3000 } },
  temporary: { '/tmp': '512Mi', '/home/gotenberg': '256Mi' },
  probes: { ready: { path: '/health', port: 'http', timeout: 10 } },
  resources: { cpu: '200m', memory: '512Mi', reason: 'A browser and an office suite run in it.' },
});
