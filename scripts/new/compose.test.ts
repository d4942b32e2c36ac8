import { describe, expect, it } from 'vitest';
import { appSchema } from '../../model/app.ts';
import { appText } from './app-literal.ts';
import { fromCompose } from './compose.ts';

const wiki = `
services:
  wiki:
    image: requarks/wiki:2.5.306
    depends_on: [db]
    environment:
      DB_TYPE: postgres
      DB_PASS: not-to-be-copied
      TZ: \${TZ:-Europe/Berlin}
    restart: unless-stopped
    ports: ["80:3000"]
    volumes: ["uploads:/wiki/uploads", "./config.yml:/wiki/config.yml:ro"]
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost:3000/healthz"] }
    deploy: { resources: { limits: { memory: 512M } } }
  db:
    image: postgres:15.7
    user: root
    command: postgres -c shared_buffers=64MB
    environment: [POSTGRES_USER=wiki, POSTGRES_DB]
    expose: [5432]
    volumes: [data:/var/lib/postgresql/data]
`;
const fates = (notes: ReturnType<typeof fromCompose>['notes']) =>
  Object.fromEntries(notes.map(({ key, fate }) => [key, fate]));

describe('a service of a compose file', () => {
  it('becomes a valid app, with a result for each of its keys', () => {
    const { description, notes } = fromCompose(wiki, 'compose.yaml', 'wiki');
    expect(description).toEqual({
      image: { ref: 'docker.io/requarks/wiki:2.5.306' },
      env: { DB_TYPE: 'postgres', TZ: 'Europe/Berlin' },
      ports: { http: { port: 3000 } },
      exposes: { port: 'http' },
      volumes: { uploads: { path: '/wiki/uploads', size: '1Gi' } },
      probes: { ready: { exec: ['curl', '-f', 'http://localhost:3000/healthz'] } },
      resources: { cpu: '50m', memory: '512Mi', reason: 'The limit of its compose file.' },
    });
    expect(appSchema.safeParse({ name: 'wiki', summary: 'A wiki.', ...description }).success).toBe(true);
    expect(fates(notes)).toEqual({
      image: 'approximated',
      'depends_on.db': 'dropped',
      'environment.DB_TYPE': 'kept',
      'environment.DB_PASS': 'dropped',
      'environment.TZ': 'approximated',
      restart: 'kept',
      'ports.3000': 'approximated',
      'volumes./wiki/uploads': 'approximated',
      'volumes./wiki/config.yml': 'dropped',
      healthcheck: 'approximated',
      'deploy.resources': 'approximated',
    });
  });

  it('never copies a value that looks like a secret', () => {
    const { description, notes } = fromCompose(wiki, 'compose.yaml', 'wiki');
    expect(JSON.stringify([description, notes])).not.toContain('not-to-be-copied');
  });

  it('that starts as root and does not serve HTTP is not exposed', () => {
    const { description } = fromCompose(wiki, 'compose.yaml', 'shop', { service: 'db' });
    expect(description).toMatchObject({
      user: 0,
      args: ['postgres', '-c', 'shared_buffers=64MB'],
      ports: { p5432: { port: 5432 } },
      probes: { ready: { tcp: 'p5432' } },
      env: { POSTGRES_USER: 'wiki' },
      exceptions: [{ rule: 'non-root' }],
    });
    expect(description.exposes).toBeUndefined();
  });

  it("is read with a proxy's labels, volumes in long form, and an image by version", () => {
    const file = `services:
  cloud:
    image: nextcloud:latest
    labels: ["traefik.http.services.cloud.loadbalancer.server.port=80", "other=1"]
    volumes: ["./data:/var/www/html", "./conf:/conf:ro", "/etc/localtime:/etc/localtime:ro"]
`;
    const { description, notes } = fromCompose(file, 'compose.yaml', 'cloud', { image: 'nextcloud:31.0.8' });
    expect(description).toMatchObject({
      image: { ref: 'docker.io/library/nextcloud:31.0.8' },
      ports: { http: { port: 80 } },
      exposes: { port: 'http' },
      volumes: { html: { path: '/var/www/html', size: '1Gi' } },
    });
    expect(fates(notes)).toMatchObject({
      labels: 'dropped',
      'volumes./conf': 'dropped',
      'volumes./etc/localtime': 'dropped',
    });
  });

  it('never copies a password in a URL, or a text with an unknown variable', () => {
    const password = 'hunter2';
    const file = `services:
  api:
    image: a:1
    environment: [ "DSN=postgresql://root:${password}@db:5432/x", "HOME_URL=http://\${HOST}/", "NAME = core" ]
    command: ["serve", "--join", "\${TOKEN}"]
`;
    const { description, notes } = fromCompose(file, 'compose.yaml', 'api');
    expect(description.env).toEqual({ NAME: 'core' });
    expect(description.args).toBeUndefined();
    expect(JSON.stringify([description, notes])).not.toContain(password);
  });

  it('is printed in a readable format', () => {
    const text = appText('wiki', fromCompose(wiki, 'compose.yaml', 'wiki').description);
    expect(text).toContain(
      "  probes: { ready: { exec: ['curl', '-f', 'http://localhost:3000/healthz'] } },\n",
    );
    expect(text).toContain("  image: { ref: 'docker.io/requarks/wiki:2.5.306' },\n");
  });
});

describe('a compose file', () => {
  it.each([
    ['without the service', wiki, "compose.yaml has no service 'shop'; it has wiki, db."],
    ['without services', 'version: "3"', 'compose.yaml is not a compose file: it has no map of services.'],
    ['that is no YAML', 'services:\n  a: [', 'compose.yaml:2:7 is not valid YAML'],
    [
      'whose image moves',
      'services: { shop: { image: nginx } }',
      "docker.io/library/nginx has the version 'none'",
    ],
    ['with a service of nothing', 'services: { shop: { restart: always } }', 'neither image nor build'],
    [
      'with a wrong key',
      'services: { shop: { image: "a:1", ports: 80 } }',
      'services.shop.ports is not valid in a compose file',
    ],
  ])('%s is refused', (_, text, message) => {
    expect(() => fromCompose(text, 'compose.yaml', 'shop')).toThrow(message);
  });

  it.each([
    [
      'a socket of the runtime',
      'volumes: ["/var/run/docker.sock:/var/run/docker.sock"]',
      'volumes./var/run/docker.sock',
    ],
    ['a privileged container', 'privileged: true', 'privileged'],
    ['a port of UDP', 'ports: ["53:53/udp"]', 'ports.53:53'],
    ['a capability that no pod may have', 'cap_add: [SYS_ADMIN]', 'cap_add.SYS_ADMIN'],
    ['a key that nobody knows', 'x-own: 1', 'x-own'],
  ])('reports the dropped key %s', (_, line, key) => {
    const { notes } = fromCompose(
      `services:\n  shop:\n    image: a:1\n    ${line}\n`,
      'compose.yaml',
      'shop',
    );
    expect(fates(notes)[key]).toBe('dropped');
  });
});
