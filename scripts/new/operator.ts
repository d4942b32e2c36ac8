import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appSchema } from '../../model/app.ts';
import { Failure } from '../failure.ts';
import { camelCase, type Start } from './start.ts';

const registry = 'charts/components.ts';
const lock = 'images/lock.yaml';

/** One controller of others: its image in the lock file, its description, and a chart with a Deployment and no rights. */
export function newOperator(root: string, name: string, image: string): Start {
  if (existsSync(join(root, 'apps', name))) {
    throw new Failure(`'${name}' is an app: apps/${name}`, 'Take another name.');
  }
  const result = appSchema.shape.image.safeParse({ ref: image });
  if (!result.success || image.endsWith(':latest') || image.includes('@')) {
    throw new Failure(
      `'${image}' is no reference with a version`,
      'Write it in full, such as --image docker.io/library/nginx:1.29.1; a digest belongs into images/lock.yaml',
    );
  }
  return {
    files: { [`operators/${name}.ts`]: description(name), [`charts/${name}.ts`]: chart(name) },
    changes: {
      [registry]: register(readFileSync(join(root, registry), 'utf8'), name),
      [lock]: addImage(readFileSync(join(root, lock), 'utf8'), name, image),
    },
    next: [
      `$EDITOR charts/${name}.ts    # arguments, probes, rights, network`,
      `$EDITOR operators/${name}.ts    # CRDs that it brings (crds, provides), where it runs (only)`,
      `npm run lock -- update ${name}    # the image's digest, from its registry`,
      'npm run render',
      'for machines that reach no registry of images, how to make it there, as metrics-server has it:',
      `  ${lock}, images, ${name}:    build: { binaries: { /${name}: ${name} }, entrypoint: [/${name}] }`,
      `  ${lock}, binaries, ${name}:    { version: VERSION, go: { wrapper: ${name}, module: MODULE, packages: { ${name}: MODULE/cmd/${name} } } }`,
      `  images/go/${name}/wrapper.go    # imports that package; then go mod init, go get MODULE@VERSION and go mod tidy there`,
      `  npm run supply -- --help    # to build it and to see that it can be had`,
    ],
  };
}

/** The list of charts with one more, in the order of names. */
export function register(text: string, name: string): string {
  const list = /const operatorCharts[^{]*\{\n([\s\S]*?)\n\};/.exec(text);
  const imports = [...text.matchAll(/^import .*\n/gm)].at(-1);
  if (list?.[1] === undefined || imports === undefined) {
    throw new Failure(
      `${registry} has no list operatorCharts that could be added to`,
      `Write it there by hand: '${name}': ${camelCase(name)}`,
    );
  }
  const constant = camelCase(name);
  const entry = name === constant ? `  ${name},` : `  '${name}': ${constant},`;
  const key = (line: string) => line.replace(/^\s*'?([a-z0-9-]+).*$/, '$1');
  const entries = [...list[1].split('\n'), entry].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  const body = list.index + list[0].indexOf(list[1]);
  const withEntry = text.slice(0, body) + entries.join('\n') + text.slice(body + list[1].length);
  const at = imports.index + imports[0].length;
  return `${withEntry.slice(0, at)}import { ${constant} } from './${name}.ts';\n${withEntry.slice(at)}`;
}

/** The lock file with one more image, below the line `images:`. */
export function addImage(text: string, name: string, ref: string): string {
  const line = /^images:[ \t]*\n/m.exec(text);
  if (line === null) {
    throw new Failure(`${lock} has no list of images`, `Write it there by hand: ${name}: { ref: ${ref} }`);
  }
  const at = line.index + line[0].length;
  return `${text.slice(0, at)}  ${name}:\n    ref: ${ref}\n\n${text.slice(at)}`;
}

function description(name: string): string {
  return `import { defineOperator } from '../model/operator.ts';

export default defineOperator({
  name: '${name}',
  summary: 'Says what it does for the platform in one sentence.',
  namespace: '${name}',
  images: ['${name}'],
});
`;
}

function chart(name: string): string {
  return `import type { Environment } from '../model/graph.ts';
import { component } from './component.ts';
import { deployment } from './deployment.ts';
import { imageRef } from './image.ts';
import type { Component } from './kube-object.ts';
import { namespace } from './namespace.ts';
import { denyAll } from './network-policy.ts';
import { nonRoot } from './pod.ts';
import { httpProbe } from './probe.ts';
import { serviceAccount } from './service-account.ts';

const name = '${name}';

/** What operators/${name}.ts says it does. It may do nothing yet: add clusterRole() and allow() as it needs them. */
export function ${camelCase(name)}(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    serviceAccount(chart, name, name);
    deployment(chart, {
      name,
      namespace: name,
      update: 'recreate',
      pod: {
        serviceAccountName: name,
        user: nonRoot,
        container: {
          name,
          image: imageRef(env, name),
          ports: [{ name: 'health', containerPort: 8081 }],
          readinessProbe: httpProbe('health', '/readyz', { period: 2 }),
          livenessProbe: httpProbe('health', '/healthz'),
          resources: { cpu: '10m', memory: '64Mi' },
        },
      },
    });
    denyAll(chart, name, ['Ingress', 'Egress']);
  });
}
`;
}
