import type { App } from '../model/app.ts';

/** Value of the label `app.kubernetes.io/part-of` on every object. */
export const partOf = 'plinth';

/** Annotations on an app's Deployment, which the front page reads. */
export const annotations = {
  url: 'plinth.io/url',
  summary: 'plinth.io/summary',
  /** Why a workload needs as much as it reserves, where that is much. */
  resources: 'plinth.io/resources',
} as const;

/** The Gateway that every exposed app is attached to. */
export const gateway = { namespace: 'gateway', name: 'gateway', listener: 'http' } as const;

/** Labels by which Services, policies and budgets find the pods of one workload. */
export function podLabels(name: string): Record<string, string> {
  return { 'app.kubernetes.io/name': name };
}

/** Each app has a namespace of its own. */
export function namespaceOf(app: Pick<App, 'name'>): string {
  return app.name;
}

/** The Bundle of an authority, and what it writes to every namespace that trusts it. */
export function trustName(authority: string): string {
  return `${authority}-trust`;
}
