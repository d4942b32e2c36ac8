import { secretsRead } from '../../model/external.ts';
import type { SecretRow } from './row.ts';
import type { SecretStore } from './secret-store.ts';

/** Every key that an app of the environment uses or has, by name, without values. */
export function rowsOf({ repository, cluster, environment, secrets }: SecretStore): SecretRow[] {
  const used = repository.apps
    .filter(({ name }) => Object.hasOwn(cluster.apps, name))
    .flatMap(({ name: app, value }) =>
      secretsRead(value, cluster).flatMap((use) =>
        use.keys.map((key) => ({ app, secret: use.name, key, as: use.as })),
      ),
    );
  const stored = (app: string, secret: string) =>
    secrets.find((each) => each.app === app && each.name === secret)?.value;
  const rows = used.map(({ app, secret, key, as }): SecretRow => {
    const has = stored(app, secret);
    const set = has !== undefined && Object.hasOwn(has.data, key);
    return { environment, app, secret, key, as, state: set ? 'set' : 'missing' };
  });
  const needless = secrets.flatMap(({ app, name: secret, value }) =>
    Object.keys(value.data)
      .filter((key) => !used.some((use) => use.app === app && use.secret === secret && use.key === key))
      .map((key): SecretRow => ({ environment, app, secret, key, state: 'unused' })),
  );
  return [...rows, ...needless];
}
