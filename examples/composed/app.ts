import { defineApp } from '../../model/app.ts';

// A step that prepares, a server, and a process beside it that shows its log: three containers, one folder.
export default defineApp({
  name: 'composed',
  summary: 'A page that is made when its pod starts.',
  image: {
    ref: 'docker.io/nginxinc/nginx-unprivileged:1.29-alpine@sha256:0c79d56aee561a1d81c63f00eee5fb5fe29279560cdc55e91425133104c7fbe6',
  },
  user: 101,
  ports: { http: { port: 8080 } },
  temporary: { '/usr/share/nginx/html': '8Mi', '/var/log/site': '16Mi' },
  files: { '/etc/nginx/conf.d/default.conf': 'files/default.conf' },
  init: [
    {
      name: 'make-page',
      image: {
        ref: 'docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0',
      },
      command: ['sh', '-c', 'date > /usr/share/nginx/html/index.html'],
      resources: { cpu: '10m', memory: '16Mi' },
    },
  ],
  sidecars: [
    {
      name: 'show-log',
      image: {
        ref: 'docker.io/library/busybox:1.37.0@sha256:9db7b59979c38555a39def84a31fb98b5296952f9e3afd4f6f11f05b07adfab0',
      },
      command: ['tail', '-F', '/var/log/site/access.log'],
      resources: { cpu: '10m', memory: '16Mi' },
    },
  ],
  probes: { ready: { path: '/', port: 'http' } },
  resources: { cpu: '10m', memory: '32Mi' },
});
