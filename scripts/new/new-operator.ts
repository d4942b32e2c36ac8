import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appSchema } from '../../model/app.ts';
import { Failure } from '../cli/failure.ts';
import type { NewFiles } from './start.ts';

const lock = 'images/lock.yaml';

/** An upstream controller: its image in the lock file, its description, and a chart with a Deployment and no rights. */
export function newOperator(root: string, name: string, image: string): NewFiles {
  if (existsSync(join(root, 'apps', name))) {
    throw new Failure(`'${name}' is an app: apps/${name}`, 'Take another name.');
  }
  const result = appSchema.shape.image.safeParse({ ref: image });
  if (!result.success || image.endsWith(':latest') || image.includes('@')) {
    throw new Failure(
      `'${image}' is not a reference with a version`,
      'Write it in full, such as --image docker.io/library/nginx:1.29.1; a digest belongs into images/lock.yaml',
    );
  }
  return {
    files: {
      [`operators/${name}/operator.ts`]: description(name),
      [`operators/${name}/chart.ts`]: chart(name),
    },
    changes: {
      [lock]: addImage(readFileSync(join(root, lock), 'utf8'), name, image),
    },
    next: [
      `$EDITOR operators/${name}/chart.ts    # arguments, probes, rights, network`,
      `$EDITOR operators/${name}/operator.ts    # its CRDs (crds, provides), its environments (only)`,
      `npm run lock -- update ${name}    # the image's digest, from its registry`,
      'npm run render',
      'to build it on machines that reach no registry, as for metrics-server:',
      `  ${lock}, images, ${name}:    build: { binaries: { /${name}: ${name} }, entrypoint: [/${name}] }`,
      `  ${lock}, binaries, ${name}:    { version: VERSION, go: { wrapper: ${name}, module: MODULE, packages: { ${name}: MODULE/cmd/${name} } } }`,
      `  images/go/wrappers/${name}/wrapper.go    # imports that package; then type go mod init, go get MODULE@VERSION and go mod tidy there`,
      `  npm run supply -- --help    # to build it and to list it`,
    ],
  };
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
  return `import { defineOperator } from '../../model/operator.ts';

export default defineOperator({
  name: '${name}',
  summary: 'Says what it does for the platform in one sentence.',
  namespace: '${name}',
  images: ['${name}'],
});
`;
}

function chart(name: string): string {
  return `import { component } from '../../charts/kube/component.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { denyAll } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment } from '../../model/graph.ts';

const name = '${name}';

/** What operator.ts says it does. It may do nothing yet: add clusterRole() and allow() as it needs them. */
export function chart(env: Environment): Component {
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
