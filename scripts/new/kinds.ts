/** Kinds of new apps. */
export const kinds = ['server', 'worker', 'schedule', 'site'] as const;
export type AppKind = (typeof kinds)[number];

/** The files of a new app of a kind, by their path in its folder. */
export function filesOf(kind: AppKind, name: string): Record<string, string> {
  switch (kind) {
    case 'server':
      return {
        'app.ts': server(name),
        Dockerfile: dockerfile('server'),
        'src/server.ts': serverProgram(name),
      };
    case 'worker':
      return { 'app.ts': worker(name), Dockerfile: dockerfile('worker'), 'src/worker.ts': workerProgram };
    case 'schedule':
      return { 'app.ts': scheduled(name), Dockerfile: dockerfile('run'), 'src/run.ts': runProgram };
    case 'site':
      return {
        'app.ts': site(name),
        Dockerfile: dockerfile('server', 'site'),
        'src/server.ts': siteProgram,
        'site/index.html': page(name),
      };
  }
}

function description(name: string, lines: string): string {
  return `import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: '${name}',
  summary: 'Says what it is for in one sentence.',
  image: { build: '.' },
${lines}
  // What it needs: another app's port, a database, the Kubernetes API.
  uses: [],
});
`;
}

const answering = (name: string) => `  ports: { http: { port: 8080 } },
  env: { PORT: '8080' },
  probes: {
    ready: { path: '/readyz', port: 'http' },
    live: { path: '/healthz', port: 'http' },
  },
  resources: { cpu: '20m', memory: '128Mi' },
  // Answers at ${name}.DOMAIN.
  exposes: { port: 'http' },`;

const server = (name: string) => description(name, answering(name));
const site = (name: string) => description(name, answering(name));

const worker = (name: string) =>
  description(
    name,
    `  // No port: it has no callers.
  resources: { cpu: '20m', memory: '128Mi' },`,
  );

const scheduled = (name: string) =>
  description(
    name,
    `  // Every day at 2:30; a run that takes longer than 20 minutes has failed.
  schedule: { cron: '30 2 * * *', timeZone: 'UTC', deadline: '20m' },
  resources: { cpu: '20m', memory: '128Mi' },`,
  );

function dockerfile(program: string, ...folders: string[]): string {
  return `# Node runs TypeScript as it is: nothing to install, nothing to compile.
FROM docker.io/library/node:24.21.0-bookworm-slim
WORKDIR /app
${['src', ...folders].map((folder) => `COPY ${folder} ${folder}\n`).join('')}USER 1000
${program === 'server' ? 'EXPOSE 8080\n' : ''}CMD ["node", "src/${program}.ts"]
`;
}

const listening = `server.listen(Number(process.env.PORT ?? 8080));

// Kubernetes sends SIGTERM before it kills: running requests are answered.
process.once('SIGTERM', () => server.close());
`;

const serverProgram = (name: string) => `import { createServer } from 'node:http';

const answers: Readonly<Record<string, string>> = {
  '/': '${name}\\n',
  '/healthz': 'alive\\n',
  '/readyz': 'ready\\n',
};

const server = createServer(({ url = '/' }, response) => {
  const answer = answers[url];
  response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(answer ?? 'not here\\n');
});

${listening}`;

const workerProgram = `import { setTimeout as sleep } from 'node:timers/promises';

const stopping = new AbortController();
// Kubernetes sends SIGTERM before it kills: running work is finished.
process.once('SIGTERM', () => stopping.abort());

while (!stopping.signal.aborted) {
  console.log(JSON.stringify({ at: new Date().toISOString(), message: 'at work' }));
  await sleep(60_000, undefined, { signal: stopping.signal }).catch(() => undefined);
}
`;

const runProgram = `// A run that throws, or ends with an exit code other than 0, has failed.
console.log(JSON.stringify({ at: new Date().toISOString(), message: 'done' }));
`;

const siteProgram = `import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const folder = join(import.meta.dirname, '../site');
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

const server = createServer(async ({ url = '/' }, response) => {
  const [pathname = '/'] = url.split('?');
  if (pathname === '/healthz' || pathname === '/readyz') {
    response.end('ok\\n');
    return;
  }
  // Of a path from '/' nothing is left of '..', encoded or not; any other path is refused.
  const path = normalize(decoded(pathname.endsWith('/') ? \`\${pathname}index.html\` : pathname));
  const type = types[extname(path)];
  const content =
    type === undefined || path.startsWith('..')
      ? undefined
      : await readFile(join(folder, path)).catch(() => undefined);
  response.writeHead(content === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain; charset=utf-8' });
  response.end(content ?? 'not here\\n');
});

/** A path that is encoded wrongly is the path of nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '..';
  }
}

${listening}`;

const page = (name: string) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>${name}</title>
  </head>
  <body>
    <h1>${name}</h1>
    <p>This page is <code>apps/${name}/site/index.html</code>.</p>
  </body>
</html>
`;
