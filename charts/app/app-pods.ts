import type { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import { jobName } from '../../model/schema/job.ts';
import { namespaceOf } from '../kube/names.ts';
import { pods } from '../kube/network-policy.ts';

/** The pods that act as the app: its own and those of its job. */
export function podsOf(app: Pick<App, 'name' | 'job'>): k8s.NetworkPolicyPeer[] {
  const space = namespaceOf(app);
  return [pods(app.name, space), ...(app.job ? [pods(jobName(app.name), space)] : [])];
}
