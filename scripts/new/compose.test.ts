import { describe, expect, it } from 'vitest';
import { appSchema } from '../../model/app.ts';
import { Failure } from '../cli/failure.ts';
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

  it('supports ports as ranges, UDP, addresses and maps; a port without HTTP becomes public with its host number', () => {
    const file = `services:
  game:
    image: a:1
    ports: ["127.0.0.1:8000:80", "3478-3479:3478-3479/udp", { target: 5432, published: "15432" }, "\${REDIS}:6379"]
    expose: ["9100-9101"]
`;
    expect(fromCompose(file, 'compose.yaml', 'game').description.ports).toEqual({
      http: { port: 80 },
      u3478: { port: 3478, protocol: 'udp', public: 3478 },
      u3479: { port: 3479, protocol: 'udp', public: 3479 },
      p5432: { port: 5432, public: 15432 },
      p6379: { port: 6379, public: 6379 },
      p9100: { port: 9100 },
      p9101: { port: 9101 },
    });
  });

  it('splits a command like Compose, without a shell', () => {
    const argsOf = (command: string) =>
      fromCompose(`services: { a: { image: "a:1", command: ${JSON.stringify(command)} } }`, 'c.yaml', 'a')
        .description.args;
    expect(argsOf(`sh -c "echo 'a b' && exec serve"`)).toEqual(['sh', '-c', "echo 'a b' && exec serve"]);
    expect(argsOf(`--name 'it''s' --empty "" a\\ b`)).toEqual(['--name', 'its', '--empty', '', 'a b']);
    expect(argsOf('--price $$5')).toEqual(['--price', '$5']);
    expect(() => argsOf('say "hello')).toThrow('a quote has no end');
  });

  it('keeps health check timing, build arguments, limits and replicas', () => {
    const file = `
x-health: &health { interval: 1m30s, timeout: 5s, retries: 4, start_period: 45s }
services:
  base: { image: "a:1", environment: { LOG: info }, shm_size: 128m }
  shop:
    extends: { service: base }
    build: { context: ., args: [VERSION=1.2] }
    environment: { MODE: fast }
    healthcheck: { <<: *health, test: pg_isready }
    deploy: { replicas: 2, restart_policy: { condition: any }, resources: { limits: { cpus: "0.5", memory: 1g } } }
`;
    const { description, notes } = fromCompose(file, 'compose.yaml', 'shop');
    const exec = ['sh', '-c', 'pg_isready'];
    expect(description).toEqual({
      image: { build: '.', buildArgs: { VERSION: '1.2' } },
      env: { LOG: 'info', MODE: 'fast' },
      temporary: { '/dev/shm': { size: '128Mi', memory: true } },
      probes: {
        startup: { exec, period: 90, timeout: 5, failures: 5 },
        ready: { exec, period: 90, timeout: 5, failures: 4 },
      },
      replicas: 2,
      resources: { cpu: '500m', memory: '1Gi', reason: 'The limit of its compose file.' },
    });
    expect(appSchema.safeParse({ name: 'shop', summary: 'A shop.', ...description }).success).toBe(true);
    expect(fates(notes)).toMatchObject({ 'deploy.restart_policy': 'kept', 'build.args.VERSION': 'kept' });
  });

  it('has one pod where a volume is for one', () => {
    const file =
      'services: { shop: { image: "a:1", volumes: ["data:/data"], deploy: { replicas: 3 } } }\nvolumes: { data: }\n';
    const { description, notes } = fromCompose(file, 'compose.yaml', 'shop');
    expect(description).toMatchObject({ replicas: 1 });
    expect(fates(notes)).toMatchObject({ 'deploy.replicas': 'approximated' });
  });

  it('reads forms of published compose files: colons in variables, sizes of tmpfs, names with dots, maps in lists', () => {
    const file = `services:
  app:
    image: a:1
    tmpfs: ["/run:size=16M,mode=1777,noexec", /cache]
    volumes: ["\${FOLDER:-./data}:/data:Z", "\${CONF}/tls:/tls:ro,z", "/var/lib/more/"]
    environment: [{ TZ: Europe/Berlin }, "discovery.type=single-node", MODE=fast]
`;
    const { description, notes } = fromCompose(file, 'compose.yaml', 'app');
    expect(description).toMatchObject({
      temporary: { '/run': { size: '16Mi', memory: true }, '/cache': { size: '64Mi', memory: true } },
      volumes: { data: { path: '/data', size: '1Gi' }, more: { path: '/var/lib/more', size: '1Gi' } },
      env: { TZ: 'Europe/Berlin', MODE: 'fast' },
    });
    expect(appSchema.safeParse({ name: 'app', summary: 'An app.', ...description }).success).toBe(true);
    expect(fates(notes)).toMatchObject({
      'environment.discovery.type': 'dropped',
      'volumes./tls': 'dropped',
    });
  });

  it('says what becomes of names of other services, weaker protection and parts of a gigabyte', () => {
    const text = `services:
  db: { image: "postgres:15.7" }
  shop:
    image: shop:1.0
    environment: { DB: db, CACHE: "redis://db:6379/1", MODE: dbs, ALL: "a:1,db:2" }
    restart: on-failure
    security_opt: ["no-new-privileges:true", "apparmor:unconfined"]
    deploy: { resources: { limits: { memory: 1.5G } } }
`;
    const { notes, description } = fromCompose(text, 'c.yaml', 'shop');
    expect(fates(notes)).toMatchObject({
      'environment.DB': 'approximated',
      'environment.CACHE': 'approximated',
      'environment.ALL': 'approximated',
      'environment.MODE': 'kept',
      restart: 'dropped',
      'security_opt.no-new-privileges:true': 'kept',
      'security_opt.apparmor:unconfined': 'dropped',
    });
    expect(description.resources).toMatchObject({ memory: '1536Mi' });
  });

  it('names an image by what the service has, and runs what it builds', () => {
    const next = (image: string) => {
      try {
        fromCompose(`services: { shop: { image: '${image}' } }`, 'c.yaml', 'shop');
      } catch (error) {
        return error instanceof Failure ? error.next : error;
      }
      return 'no failure';
    };
    const advice = (name: string) => `Name the image by its version, such as --image ${name}:1.2.3`;
    expect(next('nginx:latest')).toBe(advice('docker.io/library/nginx'));
    expect(next('registry.example.org:5000/a/b:$V')).toBe(advice('registry.example.org:5000/a/b'));
    expect(next('$IMAGE')).toBe(advice('REPOSITORY'));
    const both = 'services: { shop: { image: shop-local, build: { context: ./src } } }';
    const built = fromCompose(both, 'c.yaml', 'shop');
    expect(built).toMatchObject({ description: { image: { build: '.' } }, dockerfile: 'src/Dockerfile' });
    expect(fates(built.notes)).toMatchObject({ image: 'dropped', build: 'approximated' });
    const given = fromCompose(both, 'c.yaml', 'shop', { image: 'docker.io/library/shop:1.0' });
    expect(given.description).toMatchObject({ image: { ref: 'docker.io/library/shop:1.0' } });
    expect(given.dockerfile).toBeUndefined();
    expect(fates(given.notes).build).toBe('dropped');
  });

  it('refuses extends of another file and circular extends', () => {
    const other = 'services: { a: { extends: { file: base.yaml, service: b } } }';
    expect(() => fromCompose(other, 'c.yaml', 'a')).toThrow(
      "extends 'b' of base.yaml, which is not in this file",
    );
    const round = 'services: { a: { extends: b }, b: { extends: a } }';
    expect(() => fromCompose(round, 'c.yaml', 'a')).toThrow("extends 'a', which extends it again");
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
      'compose.yaml: services.shop.image: the image docker.io/library/nginx has no version, so that its content changes.',
    ],
    [
      'whose image has a variable',
      'services: { shop: { image: "registry.example.org/a/b:$VERSION" } }',
      'the image registry.example.org/a/b:$VERSION has no version in the file, but $VERSION.',
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
    ['a port of SCTP', 'ports: ["9:9/sctp"]', 'ports.9:9/sctp'],
    ['a range of many ports', 'ports: ["3000-4000"]', 'ports.3000-4000'],
    ['a secret of the file', 'secrets: [db, { source: key, target: /k }]', 'secrets.key'],
    ['a config of the file', 'configs: [{ source: app, target: /etc/app }]', 'configs.app'],
    [
      'a step of others before it',
      'depends_on: { m: { condition: service_completed_successfully } }',
      'depends_on.m',
    ],
    ['a stage of a build', 'build: { context: ., target: dev }', 'build.target'],
    [
      'a secret among the arguments of a build',
      'build: { context: ., args: { NPM_TOKEN: abc } }',
      'build.args.NPM_TOKEN',
    ],
    ['what is placed on a node', 'deploy: { placement: { constraints: [x] } }', 'deploy.placement'],
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
