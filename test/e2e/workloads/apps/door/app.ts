export default {
  name: 'door',
  summary: 'Two ports behind one name, an address that moved, and headers that the gateway sets.',
  image: { build: '.' },
  user: 1000,
  ports: { pages: { port: 8080 }, downloads: { port: 8081 } },
  probes: { ready: { tcp: 'pages', period: 2 } },
  resources: { cpu: '10m', memory: '64Mi' },
  exposes: {
    port: 'pages',
    hosts: ['entrance'],
    paths: { '/files': 'downloads' },
    redirects: { '/home': { to: '/', permanent: true } },
    headers: { request: { 'X-Door': 'front' }, response: { 'X-Frame-Options': 'DENY' } },
  },
};
