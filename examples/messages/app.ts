import { defineApp } from '../../model/app.ts';

// NATS with JetStream: three pods, each with a name and a volume of its own, that find each other by name.
export default defineApp({
  name: 'messages',
  summary: 'Streams of messages, kept by two of three.',
  image: {
    ref: 'docker.io/library/nats:2.11-alpine@sha256:e4bf19f15fd3218814a4e3c9e0064e1334bd8aa20d5984b9f1a0afd084f8cc00',
  },
  args: ['--config', '/etc/nats/messages.conf'],
  replicas: 3,
  ports: { nats: { port: 4222 }, cluster: { port: 6222 }, monitor: { port: 8222 } },
  files: { '/etc/nats/messages.conf': 'files/messages.conf' },
  volumes: { streams: { path: '/data', size: '1Gi', per: 'replica' } },
  probes: {
    ready: { path: '/healthz?js-enabled-only=true', port: 'monitor' },
    live: { path: '/healthz?js-server-only=true', port: 'monitor' },
  },
  resources: { cpu: '50m', memory: '128Mi' },
});
