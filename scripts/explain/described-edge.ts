import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import type { FieldPath } from '../../model/reading/source.ts';

/** A part of a description from which objects are derived. */
export interface DescribedEdge {
  /** Its meaning: `calls the port 'grpc' of 'jobs'`. */
  title: string;
  /** The reason in the description, if there is one. */
  reason?: string;
  /** Its place. */
  file: string;
  path: FieldPath;
  /** The environment without this part. */
  without: Environment;
}

/** The description of an app. */
export function fileOf(app: string): string {
  return `apps/${app}/app.ts`;
}

/** The environment with another form of one app. */
export function withApp(env: Environment, name: string, changed: Partial<EnvironmentApp>): Environment {
  return { ...env, apps: env.apps.map((app) => (app.name === name ? { ...app, ...changed } : app)) };
}

/** The environment without optional fields of an app. */
export function withoutField(
  env: Environment,
  app: EnvironmentApp,
  ...fields: (keyof EnvironmentApp)[]
): Environment {
  const { ...copy } = app;
  for (const field of fields) delete copy[field];
  return { ...env, apps: env.apps.map((each) => (each === app ? copy : each)) };
}
