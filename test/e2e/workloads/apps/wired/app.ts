export default {
  name: 'wired',
  summary: 'A step before it, a process beside it, a file of its folder and temporary space.',
  image: { build: '.' },
  user: 1000,
  ports: { http: { port: 8080 } },
  files: { '/etc/wired/greeting': 'files/greeting' },
  temporary: { '/work': '8Mi' },
  init: [
    {
      name: 'prepare',
      command: ['node', '-e', "require('node:fs').writeFileSync('/work/prepared', 'prepared')"],
      resources: { cpu: '10m', memory: '64Mi' },
    },
  ],
  sidecars: [
    {
      name: 'beside',
      command: [
        'node',
        '-e',
        "require('node:fs').writeFileSync('/work/beside', 'beside'); setInterval(() => {}, 1000)",
      ],
      resources: { cpu: '10m', memory: '64Mi' },
    },
  ],
  probes: { ready: { exec: ['node', '-e', "require('node:fs').accessSync('/work/beside')"], period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
};
