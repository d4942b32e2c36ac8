import { isDeepStrictEqual } from 'node:util';
import type { App, Use } from '../app.ts';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { diagnosticAt, type FieldPath, type Loaded, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import { appName } from '../schema/app-name.ts';
import type { Cluster } from '../schema/cluster.ts';
import { dnsLabel } from '../schema/kubernetes-names.ts';
import { type Preview, type Previews, previewAppName } from '../schema/previews.ts';

/**
 * Previews fit their environment, and none of them may do more than its app may after a review: what a pull request adds
 * to the rights of an app does not run before it is merged.
 */
export function checkPreviews(repository: Repository): Diagnostic[] {
  return [
    ...repository.previews.flatMap((previews) => [
      ...checkPlace(previews, repository),
      ...previews.value.previews.flatMap((preview, i) =>
        Object.keys(preview.apps).flatMap((of) => checkApp({ previews, preview, i, of, repository })),
      ),
    ]),
    ...checkOnce(repository.previews),
  ];
}

/** The command that removes a preview. */
function closing(environment: string, { request }: Preview): string {
  return `type npm run preview -- close ${environment} --pr ${request}`;
}

/** Whether the environment takes previews, and how many. */
function checkPlace(
  { name, source, value: { previews } }: Loaded<Previews>,
  { clusters }: Repository,
): Diagnostic[] {
  const cluster = clusters.find((each) => each.name === name);
  const [first] = previews;
  // A cluster.yaml that does not fit its schema has a diagnostic of its own.
  if (cluster === undefined || first === undefined) return [];
  const { previews: limits, production } = cluster.value;
  if (production) {
    const words = {
      code: 'preview-in-production',
      what: `the preview of pull request ${first.request} would run in ${name}, which is production`,
      why: 'its code is not reviewed, and its pods run on the nodes of apps that people depend on',
      fix: closing(name, first),
    };
    return [diagnosticAt(source, ['previews', 0, 'request'], words)];
  }
  if (limits === undefined) {
    const words = {
      code: 'previews-off',
      what: `the preview of pull request ${first.request} would run in ${name}, which takes none`,
      why: `${cluster.source.file} has no previews`,
      fix: `add previews: {} to ${cluster.source.file}, or ${closing(name, first)}`,
    };
    return [diagnosticAt(source, ['previews', 0, 'request'], words)];
  }
  const next = previews[limits.max];
  if (next === undefined) return [];
  const words = {
    code: 'too-many-previews',
    what: `${previews.length} previews would run in ${name}`,
    why: `${reference(cluster.source, ['previews', 'max'])} allows ${limits.max} at the same time`,
    fix: `close one that is no longer needed: npm run preview -- close ${name} --pr NUMBER; or raise previews.max`,
  };
  return [diagnosticAt(source, ['previews', limits.max, 'request'], words)];
}

/** The names of a preview are those of its pull request: it runs once. */
function checkOnce(all: readonly Loaded<Previews>[]): Diagnostic[] {
  const first = new Map<number, string>();
  return all.flatMap(({ name, source, value }) =>
    value.previews.flatMap((preview, i) => {
      const path = ['previews', i, 'request'];
      const other = first.get(preview.request);
      if (other === undefined) {
        first.set(preview.request, reference(source, path));
        return [];
      }
      const words = {
        code: 'preview-twice',
        what: `pull request ${preview.request} has a second preview`,
        why: `${other} has the first, and the names of both would be the same`,
        fix: closing(name, preview),
      };
      return [diagnosticAt(source, path, words)];
    }),
  );
}

/** An app of a preview, with its place. */
interface Given {
  previews: Loaded<Previews>;
  preview: Preview;
  i: number;
  of: string;
  repository: Repository;
}

type Report = (path: FieldPath, words: Words, part?: 'key' | 'value') => Diagnostic;

function checkApp(given: Given): Diagnostic[] {
  const { previews, preview, i, of, repository } = given;
  const app = preview.apps[of];
  const cluster = repository.clusters.find(({ name }) => name === previews.name);
  if (app === undefined || cluster === undefined) return [];
  const { description, image, migrations } = app;
  const at = ['previews', i, 'apps', of];
  const report: Report = (path, words, part) =>
    diagnosticAt(previews.source, [...at, 'description', ...path], words, part);
  const reviewed = Object.hasOwn(cluster.value.apps, of) ? appNamed(repository.apps, of)?.value : undefined;
  const missing = [
    ...('build' in description.image && image === undefined ? ['image'] : []),
    ...(description.database?.migrations !== undefined && migrations === undefined ? ['migrations'] : []),
  ].map((what) => {
    const words = {
      code: 'preview-without-image',
      what: `the preview of ${preview.request} has no ${what} of '${of}'`,
      why: 'an image that is built here is named by its digest',
      fix: `open it again from its pull request: npm run preview -- open ${previews.name} --pr ${preview.request}`,
    };
    return diagnosticAt(previews.source, at, words, 'key');
  });
  return [
    ...missing,
    ...checkName(given, description, report),
    ...checkLeftOut(description, report),
    ...description.uses.flatMap((use, k) =>
      checkUse(use, k, { ...given, reviewed, cluster: cluster.value, report }),
    ),
    ...checkExceptions(description, reviewed, report),
  ];
}

/** The names that are made of that of the app. */
function checkName({ preview, of }: Given, description: App, report: Report): Diagnostic[] {
  if (description.name !== of) {
    const words = {
      code: 'name-differs',
      what: `the name is '${description.name}', and the preview has it under '${of}'`,
      why: 'an app has the name of its folder',
      fix: `write name: '${of}' in apps/${of}/app.ts of the pull request`,
    };
    return [report(['name'], words)];
  }
  const name = previewAppName(preview.request, of);
  const host = previewAppName(preview.request, description.exposes?.host ?? of);
  const fault = appName.safeParse(name).success ? dnsLabel.safeParse(host) : appName.safeParse(name);
  if (fault.success) return [];
  const words = {
    code: 'preview-name',
    what: `'${appName.safeParse(name).success ? host : name}' cannot be the name of the preview of '${of}'`,
    why: fault.error.issues[0]?.message ?? 'it is no name of Kubernetes',
    fix: `leave '${of}' out of the preview, or shorten its name`,
  };
  return [report(['name'], words)];
}

/** Refuses features that a preview cannot have. */
function checkLeftOut({ name, extra }: App, report: Report): Diagnostic[] {
  if (extra.length === 0) return [];
  const words = {
    code: 'preview-extra',
    what: `'${name}' brings objects of its own, ${extra.join(', ')}`,
    why: 'nobody has reviewed them, and their names are those of the app in its environment',
    fix: `leave '${name}' out of the preview`,
  };
  return [report(['extra'], words, 'key')];
}

interface Reviewed extends Given {
  /** The app as it runs in the environment; undefined where it does not. */
  reviewed: App | undefined;
  cluster: Cluster;
  report: Report;
}

function checkUse(use: App['uses'][number], k: number, given: Reviewed): Diagnostic[] {
  const { preview, of, reviewed, report, cluster } = given;
  const inPreview = (name: string) => Object.hasOwn(preview.apps, name);
  const path = ['uses', k];
  switch (use.kind) {
    case 'secret':
    case 'mail': {
      const words = {
        code: 'preview-secret',
        what: `'${of}' uses ${use.kind === 'mail' ? 'mail' : `the secret '${use.name}'`}`,
        why:
          use.kind === 'mail'
            ? 'a preview would write to people by the login of the environment'
            : 'nobody has reviewed what would read it, and its value is that of the environment',
        fix: `leave '${of}' out of the preview`,
      };
      return [report(path, words)];
    }
    case 'database':
      return inPreview(use.of) ? [] : checkDatabaseUse(use, path, given);
    case 'app': {
      if (inPreview(use.app) || reviewed?.uses.some((each) => isDeepStrictEqual(each, use))) return [];
      const words = {
        code: 'preview-edge',
        what: `'${of}' uses the port '${use.port}' of '${use.app}', which its app in the environment does not`,
        why: `the preview would reach the '${use.app}' of the environment by an edge that nobody has reviewed`,
        fix: `open it with an own '${use.app}': --app ${of} --app ${use.app}`,
      };
      return [report(path, words)];
    }
    case 'people':
    case 'metrics':
    case 'logs':
    case 'traces':
    case 'kubernetes':
    case 'internet':
      if (reviewed?.uses.some((each) => isWithin(use, each))) return [];
      return [
        report(path, {
          code: 'preview-rights',
          what: `'${of}' uses ${use.kind} in another way than its app in the environment of ${cluster.name}`,
          why: 'nobody has reviewed these rights, and the preview would have them at once',
          fix: `merge the edge first, or leave '${of}' out of the preview`,
        }),
      ];
  }
}

/** Whether an edge grants no more than another one; the reason is only text. */
function isWithin(use: App['uses'][number], reviewed: App['uses'][number]): boolean {
  if (use.kind !== reviewed.kind) return false;
  if (use.kind === 'kubernetes' && reviewed.kind === 'kubernetes')
    return use.rules.every((rule) => reviewed.rules.some((each) => isDeepStrictEqual(each, rule)));
  if (use.kind === 'internet' && reviewed.kind === 'internet')
    return isDeepStrictEqual({ ...use, hosts: [] }, { ...reviewed, hosts: [] })
      ? use.hosts.every((host) => reviewed.hosts.some((each) => isDeepStrictEqual(each, host)))
      : false;
  return true;
}

/** A database of an app that is not in the preview: reads alone, and as the app itself reads. */
function checkDatabaseUse(
  use: Use<'database'>,
  path: FieldPath,
  { of, reviewed, report }: Reviewed,
): Diagnostic[] {
  if (use.as !== 'read-only') {
    const words = {
      code: 'preview-writes',
      what: `'${of}' uses the database of '${use.of}' as ${use.as}`,
      why: 'a preview writes to a database of its own alone, never to that of the environment',
      fix: `open it with an own '${use.of}': --app ${of} --app ${use.of}`,
    };
    return [report([...path, 'as'], words)];
  }
  if (reviewed?.uses.some((each) => isDeepStrictEqual(each, use))) return [];
  const words = {
    code: 'preview-edge',
    what: `'${of}' reads the database of '${use.of}', which its app in the environment does not`,
    why: 'the preview would read data of the environment by an edge that nobody has reviewed',
    fix: `open it with an own '${use.of}': --app ${of} --app ${use.of}`,
  };
  return [report(path, words)];
}

/** Exceptions weaken rules of the platform. */
function checkExceptions({ name, exceptions }: App, reviewed: App | undefined, report: Report): Diagnostic[] {
  return exceptions.flatMap(({ rule }, k) => {
    if (reviewed?.exceptions.some((each) => each.rule === rule)) return [];
    const words = {
      code: 'preview-rights',
      what: `'${name}' has the exception ${rule}, which its app in the environment has not`,
      why: 'nobody has reviewed that the rule does not hold for it',
      fix: `merge the exception first, or leave '${name}' out of the preview`,
    };
    return [report(['exceptions', k], words)];
  });
}
