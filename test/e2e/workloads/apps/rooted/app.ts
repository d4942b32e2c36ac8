export default {
  name: 'rooted',
  summary: 'Starts as root on port 80, as images of others do.',
  image: { build: '.' },
  user: 0,
  capabilities: ['CHOWN'],
  ports: { http: { port: 80 } },
  temporary: { '/work': '8Mi' },
  probes: { ready: { tcp: 'http', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
  exceptions: [
    { rule: 'non-root', reason: 'It changes the owner of a folder when it starts.' },
    { rule: 'capabilities', reason: 'It changes the owner of a folder when it starts.' },
    { rule: 'low-port', reason: 'Its callers know it by this port.' },
  ],
};
