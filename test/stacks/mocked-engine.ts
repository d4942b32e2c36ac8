import { setMocks } from '@pulumi/pulumi/runtime/mocks.js';
import { disconnect } from '@pulumi/pulumi/runtime/settings.js';
import { parse } from 'yaml';
import { loadLock } from '../../images/lock/index.ts';
import type { Environment } from '../../model/graph.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';

/** A resource that a program asked for. */
export interface RequestedResource {
  type: string;
  name: string;
  id: string;
  inputs: Record<string, unknown>;
}

/** An environment on AWS with three zones, one control plane and two workers; `change` edits its text. */
export function environment(change: (text: string) => string = (text) => text): Environment {
  const cluster = clusterSchema.parse(
    parse(
      change(`
name: shop
domain: example.org
kubernetes: { version: v1.36.4 }
provider: { kind: aws, region: eu-central-1, account: "111122223333", zones: 3, nat: one }
nodes:
  - { name: control-1, role: control-plane, instanceType: t3.large }
  - { name: worker-1, role: worker, instanceType: t3.large, disk: 80Gi }
  - { name: worker-2, role: worker, instanceType: t3.large }
registry: { overlay: tls }
source: { kind: git, url: "https://git.example.org/shop.git" }
retention: { logs: 14d, traces: 36h }
apps: {}
`),
    ),
  );
  return { name: 'test', cluster, apps: [], operators: [], lock: loadLock() };
}

/** Makes a resource in the engine's place; nothing where it leaves that to the mocks. */
type Make = (
  resource: Omit<RequestedResource, 'id'>,
) => Promise<{ id: string; outputs: Record<string, unknown> } | undefined>;

/**
 * Runs a program without an engine and returns what it asked for, in the order in which it did. Ids are `NAME-id` and
 * ARNs `arn:NAME`, unless `make` gives others.
 */
export async function asked(program: () => unknown, make?: Make): Promise<RequestedResource[]> {
  const found: RequestedResource[] = [];
  await setMocks({
    newResource: async ({ type, name, inputs }) => {
      const made = await make?.({ type, name, inputs });
      found.push({ type, name, id: made?.id ?? `${name}-id`, inputs });
      if (made !== undefined) return { id: made.id, state: made.outputs };
      const known = {
        arn: type === 'aws:s3/bucket:Bucket' ? `arn:aws:s3:::${inputs.bucket}` : `arn:${name}`,
        domainName: 'keys.example.net',
        domainValidationOptions: [
          { resourceRecordName: '_proof', resourceRecordType: 'CNAME', resourceRecordValue: '_value' },
        ],
        fqdn: '_proof',
        latestVersion: 1,
        nameServers: ['ns-1.example.net'],
        stdout: JSON.stringify({ kubeconfig: 'config', keys: { keys: [] } }),
      };
      return { id: `${name}-id`, state: { ...known, ...inputs } };
    },
    call: ({ token, inputs }) => {
      if (token !== 'aws:ec2/getAmi:getAmi') throw new Error(`no ${token} is expected`);
      return { ...inputs, id: 'ami-1' };
    },
  });
  program();
  await disconnect();
  return found;
}

/** Those of one type. */
export function ofType(resources: RequestedResource[], type: string): RequestedResource[] {
  return resources.filter((resource) => resource.type === type);
}

/** The one of a type and name. */
export function one(resources: RequestedResource[], type: string, name: string): RequestedResource {
  const [found, ...more] = ofType(resources, type).filter((resource) => resource.name === name);
  if (found === undefined || more.length > 0) throw new Error(`${1 + more.length} of ${type} ${name}`);
  return found;
}
