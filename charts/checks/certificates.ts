import { field, listField, textField } from '../kube/field.ts';
import { annotations } from '../kube/names.ts';
import { idOf } from '../kube/object-id.ts';
import type { Inventory, Owned, Workload } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Finds certificate use that breaks on renewal or rotation, or is unsafe after compromise. */
export function checkCertificates(inventory: Inventory): Violation[] {
  const certificates = new Map(
    inventory.all('Certificate.cert-manager.io').map((owned) => {
      const { namespace } = owned.object.metadata;
      return [idOf('Secret', textField(owned.object, 'spec', 'secretName') ?? '', namespace), owned];
    }),
  );
  return [
    ...inventory.workloads.flatMap((workload) => checkMounts(workload, certificates)),
    ...inventory.all('Cluster.postgresql.cnpg.io').flatMap((cluster) => checkRoles(cluster, certificates)),
  ];
}

/** A Secret in a pod, with the keys that the pod mounts. Default: all keys. */
interface Mount {
  secret: string;
  keys: string[] | undefined;
  /** Reason why a renewed certificate cannot reach the process, even if it reads the files again. */
  frozen?: string;
}

function checkMounts(workload: Workload, certificates: ReadonlyMap<string, Owned>): Violation[] {
  const mounts = mountsOf(workload).filter(({ secret }) => certificates.has(secret));
  const violations = mounts.flatMap(({ secret, keys }): Violation[] => {
    const spec = certificates.get(secret)?.object.spec;
    if (field(spec, 'isCA') === true) {
      return [
        violation('ca-key-mount', workload, {
          what: `mounts ${secret}, which has the private key of an authority`,
          why: 'an attacker in the pod could issue any certificate',
          fix: "mount the pod's own certificate; trusted CA certificates come from a Bundle",
        }),
      ];
    }
    // A self-signed certificate is its own root: it has no rotation to survive.
    if (!(keys === undefined || keys.includes('ca.crt')) || isOwn(workload, certificates.get(secret)))
      return [];
    return [
      violation('leaf-trust', workload, {
        what: `mounts ca.crt of ${secret}`,
        why: 'it is the issuer of this certificate, not the CA to trust: during a rotation the other side has another issuer',
        fix: 'select the items tls.crt and tls.key, and take the CA certificates from the ConfigMap of a Bundle',
      }),
    ];
  });
  const reloads = workload.object.metadata.annotations?.[annotations.reload] !== undefined;
  for (const { secret, frozen } of mounts) {
    if (frozen === undefined || workload.ends) continue;
    violations.push(
      violation('certificate-reload', workload, {
        what: `mounts ${secret} ${frozen}`,
        why: 'a renewed certificate never reaches the process, which fails when the old one expires',
        fix: 'mount the Secret as a folder',
      }),
    );
  }
  if (mounts.length > 0 && !reloads && !workload.ends) {
    violations.push(
      violation('certificate-reload', workload, {
        what: `mounts ${mounts.map(({ secret }) => secret).join(', ')}, and does not declare that it reloads renewed certificates`,
        why: 'without a reload it uses the old certificate until that expires, and then fails',
        fix: `make it read the files again, then declare it: identity: { reload: 'files' } in app.ts, or the annotation ${annotations.reload} in a chart`,
      }),
    );
  }
  return violations;
}

/** A server whose only client is the API server, for which the CA injector writes the CA. */
function isOwn(workload: Workload, certificate: Owned | undefined): boolean {
  return (
    textField(certificate?.object, 'spec', 'issuerRef', 'kind') === 'Issuer' &&
    certificate?.component === workload.component
  );
}

/** A client certificate whose CN maps to no role permits no login. */
function checkRoles(cluster: Owned, certificates: ReadonlyMap<string, Owned>): Violation[] {
  const { namespace } = cluster.object.metadata;
  const server = idOf(
    'Secret',
    textField(cluster.object, 'spec', 'certificates', 'serverTLSSecret') ?? '',
    namespace,
  );
  const issuer = textField(certificates.get(server)?.object, 'spec', 'issuerRef', 'name');
  if (issuer === undefined) return [];
  const mapped = new Set([
    'streaming_replica',
    ...listField(cluster.object, 'spec', 'postgresql', 'pg_ident').map((line) =>
      String(line).split(/\s+/)[1]?.replaceAll('"', ''),
    ),
  ]);
  return [...certificates.values()].flatMap((certificate) => {
    const { object } = certificate;
    const name = textField(object, 'spec', 'commonName') ?? '';
    const isClient = listField(object, 'spec', 'usages').includes('client auth');
    if (!isClient || textField(object, 'spec', 'issuerRef', 'name') !== issuer || mapped.has(name)) return [];
    return [
      violation('cn-is-no-role', certificate, {
        what: `is for '${name}', which ${idOf('Cluster', cluster.object.metadata.name, namespace)} maps to no role`,
        why: 'PostgreSQL would refuse every login with it',
        fix: `use one of ${[...mapped].sort().join(', ')}`,
      }),
    ];
  });
}

function mountsOf({ pod, namespace }: Workload): Mount[] {
  const containers = [...listField(pod, 'initContainers'), ...listField(pod, 'containers')];
  const parts = containers
    .flatMap((container) => listField(container, 'volumeMounts'))
    .filter((mount) => textField(mount, 'subPath') !== undefined)
    .map((mount) => textField(mount, 'name'));
  const inFiles = listField(pod, 'volumes').flatMap((volume) =>
    [volume, ...listField(volume, 'projected', 'sources')].flatMap((source): Mount[] => {
      const secret = field(source, 'secret');
      const name = textField(secret, 'secretName') ?? textField(secret, 'name');
      if (name === undefined) return [];
      const items = field(secret, 'items');
      const keys = Array.isArray(items) ? items.map((item) => textField(item, 'key') ?? '') : undefined;
      const frozen = parts.includes(textField(volume, 'name')) ? { frozen: 'as a subPath' } : {};
      return [{ secret: idOf('Secret', name, namespace), keys, ...frozen }];
    }),
  );
  const inVariables = containers.flatMap((container) => [
    ...listField(container, 'env').map((each) => field(each, 'valueFrom', 'secretKeyRef')),
    ...listField(container, 'envFrom').map((each) => field(each, 'secretRef')),
  ]);
  return [
    ...inFiles,
    ...inVariables.flatMap((reference): Mount[] => {
      const name = textField(reference, 'name');
      if (name === undefined) return [];
      const key = textField(reference, 'key');
      const keys = key === undefined ? undefined : [key];
      return [{ secret: idOf('Secret', name, namespace), keys, frozen: 'as a variable' }];
    }),
  ];
}
