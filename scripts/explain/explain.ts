import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { order } from '../../charts/order/order.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import { databaseCluster, migrationsName } from '../../model/schema/database.ts';
import { jobName } from '../../model/schema/job.ts';
import type { Replicas } from '../../model/schema/replicas.ts';
import { type ChartObjects, noCharts } from '../helm/chart-objects.ts';
import { type Change, changes } from '../objects/object-changes.ts';
import { components } from '../render/components.ts';
import { fileNames } from '../render/manifests.ts';
import { edgesOf } from './edges.ts';

/** A rendered object and its file. */
export interface RenderedObject {
  object: string;
  file: string;
}

/** Everything derived from one part of a description, found by a render without it. */
export interface Explained {
  title: string;
  reason?: string;
  /** `apps/orders/app.ts:18`. */
  place: string;
  /** Objects that would not exist without it. */
  objects: RenderedObject[];
  /** Fields of other objects that would differ; `after` is the current value. */
  fields: (RenderedObject & Change)[];
}

/** Everything derived for one app in one environment, with its causes. */
export interface Explanation {
  app: string;
  environment: string;
  summary: string;
  image: string;
  replicas: Replicas;
  resources: { cpu: string; memory: string; reason?: string | undefined };
  ports: { name: string; port: number; tls?: 'mutual' | undefined }[];
  edges: Explained[];
  /** Objects that every app has. */
  always: RenderedObject[];
  /** The Kustomizations that Flux applies before the app, with reasons. */
  after: { component: string; waitsFor: string; object: string; need: string }[];
  /** Rules that are excepted, with the reasons in the description. */
  exceptions: { rule: string; reason: string; place: string }[];
}

/** Explains an app, in an environment without diagnostics. */
export function explain(
  root: string,
  env: Environment,
  app: EnvironmentApp,
  charts: ChartObjects = noCharts,
): Explanation {
  const rendered = components(env, charts);
  const all = indexed(env, rendered);
  const place = (file: string, path: (string | number)[]) =>
    `${file}:${placeInFile(root, file, path, 'key').line}`;
  const edges = edgesOf(env, app).map(({ title, reason, file, path, without }): Explained => {
    const other = indexed(env, components(without, charts));
    return {
      title,
      ...(reason === undefined ? {} : { reason }),
      place: place(file, [...path]),
      ...compared(all, other),
    };
  });
  const own = [app.name, databaseCluster(app.name), migrationsName(app.name), jobName(app.name)];
  const explained = new Set(edges.flatMap(({ objects }) => objects.map(({ file }) => file)));
  const always = [...all.values()].filter(
    ({ component, file }) => own.includes(component) && !explained.has(file),
  );
  const file = `apps/${app.name}/app.ts`;
  return {
    app: app.name,
    environment: env.name,
    summary: app.summary,
    image: app.imageRef,
    replicas: app.replicas,
    resources: app.resources,
    ports: Object.entries(app.ports).map(([name, port]) => ({ name, ...port })),
    edges,
    always: always.map(({ object, file }) => ({ object: objectId(object), file })),
    after: order(env, rendered).kustomizations.flatMap(({ name, dependsOn, reasons }) =>
      own.includes(name)
        ? dependsOn.map((waitsFor) => ({
            component: name,
            waitsFor,
            object: reasons.get(waitsFor)?.object ?? '',
            need: reasons.get(waitsFor)?.need ?? '',
          }))
        : [],
    ),
    exceptions: app.exceptions.map(({ rule, reason }, i) => ({
      rule,
      reason,
      place: place(file, ['exceptions', i]),
    })),
  };
}

interface Placed {
  component: string;
  object: KubeObject;
  file: string;
}

/** Index by kind, namespace and name. */
function indexed(env: Environment, rendered: ReturnType<typeof components>): Map<string, Placed> {
  return new Map(
    rendered.flatMap(({ name, objects }) =>
      [...fileNames(objects)].map(([file, object]): [string, Placed] => [
        `${object.apiVersion} ${objectId(object)}`,
        { component: name, object, file: `manifests/${env.name}/${name}/${file}` },
      ]),
    ),
  );
}

function compared(
  all: Map<string, Placed>,
  without: Map<string, Placed>,
): Pick<Explained, 'objects' | 'fields'> {
  const objects: RenderedObject[] = [];
  const fields: (RenderedObject & Change)[] = [];
  for (const [key, { object, file }] of all) {
    const other = without.get(key)?.object;
    const shown = { object: objectId(object), file };
    if (other === undefined) objects.push(shown);
    else fields.push(...changes(other, object).map((change) => ({ ...shown, ...change })));
  }
  // Objects that appear only without the edge are other forms of objects above, such as one named by a hash.
  return { objects: objects.sort((a, b) => compareText(a.file, b.file)), fields };
}
