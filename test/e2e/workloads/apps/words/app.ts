export default {
  name: 'words',
  summary: 'Owns a database with extensions.',
  image: { build: '.' },
  user: 1000,
  database: { storage: '256Mi', extensions: ['pg_trgm', 'unaccent'] },
  resources: { cpu: '10m', memory: '64Mi' },
};
