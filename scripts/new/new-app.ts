import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument } from 'yaml';
import { Failure } from '../cli/failure.ts';
import type { Start } from './start.ts';

/** A web server of a few lines that answers at NAME.DOMAIN, enabled in one environment. */
export function newApp(root: string, name: string, environment: string): Start {
  if (existsSync(join(root, 'operators', name))) {
    throw new Failure(`'${name}' is an operator: operators/${name}`, 'Take another name.');
  }
  const cluster = `clusters/${environment}/cluster.yaml`;
  if (!existsSync(join(root, cluster))) {
    throw new Failure(`there is no ${cluster}`, 'Name another environment: --env NAME');
  }
  return {
    files: {
      [`apps/${name}/app.ts`]: description(name),
      [`apps/${name}/Dockerfile`]: dockerfile,
      [`apps/${name}/src/server.ts`]: server(name),
    },
    changes: { [cluster]: enable(readFileSync(join(root, cluster), 'utf8'), cluster, name) },
    next: [
      `$EDITOR apps/${name}/app.ts    # what it is, which ports it has, what it uses`,
      `npm run explain -- ${name}    # what is derived from that`,
      `npm run deploy -- --env ${environment}    # render, build, push, wait for it`,
    ],
  };
}

/** The text of a cluster.yaml with one more app, and nothing else changed: no comment is lost. */
export function enable(text: string, file: string, name: string): string {
  const document = parseDocument(text);
  const apps = document.get('apps', true);
  if (!isMap(apps) || document.errors.length > 0) {
    throw new Failure(
      `${file} has no map of apps`,
      'To see what is wrong with it: npm run render -- --check',
    );
  }
  const [start = 0, end = start] = apps.range ?? [];
  if (apps.flow === true) {
    const inside = text.slice(start + 1, end - 1).trim();
    return `${text.slice(0, start)}{ ${inside === '' ? '' : `${inside.replace(/,$/, '')}, `}${name}: }${text.slice(end)}`;
  }
  const [first] = apps.items;
  const column = isScalar(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  const indentation = text.slice(text.lastIndexOf('\n', column) + 1, column);
  // A map ends where the next key begins: what stands between, blank lines and comments, stays below.
  const last = text.slice(0, end).trimEnd().length;
  return `${text.slice(0, last)}\n${indentation}${name}:${text.slice(last)}`;
}

function description(name: string): string {
  return `import { defineApp } from '../../model/app.ts';

export default defineApp({
  name: '${name}',
  summary: 'Says what it is for in one sentence.',
  image: { build: '.' },
  ports: { http: { port: 8080 } },
  env: { PORT: '8080' },
  probes: {
    ready: { path: '/readyz', port: 'http' },
    live: { path: '/healthz', port: 'http' },
  },
  resources: { cpu: '20m', memory: '128Mi' },
  // Answers at ${name}.DOMAIN.
  exposes: { port: 'http' },
  // What it needs: another app's port, a database, the Kubernetes API.
  uses: [],
});
`;
}

const dockerfile = `# Node runs TypeScript as it is: nothing to install, nothing to compile.
FROM docker.io/library/node:24.21.0-bookworm-slim
WORKDIR /app
COPY src src
USER 1000
EXPOSE 8080
CMD ["node", "src/server.ts"]
`;

function server(name: string): string {
  return `import { createServer } from 'node:http';

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

server.listen(Number(process.env.PORT ?? 8080));

// Kubernetes says so before it kills: what was begun is answered.
process.once('SIGTERM', () => server.close());
`;
}
