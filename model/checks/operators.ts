import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { nearest, suggest } from '../diagnostics/nearest.ts';
import { diagnosticAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** References of operators must exist, and each environment must have the operators that it needs. */
export function checkOperators(repository: Repository): Diagnostic[] {
  return [...checkLocked(repository), ...checkGitRepository(repository)];
}

/**
 * An operator's images and CRDs must be in the lock file, and the operators that it calls must serve with
 * mutual TLS.
 */
function checkLocked({ operators, lock }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const sections = [
    { field: 'images', section: 'images', known: Object.keys(lock.value.images) },
    { field: 'crds', section: 'artifacts', known: Object.keys(lock.value.artifacts) },
  ] as const;
  for (const { source, value } of operators) {
    for (const { field, section, known } of sections) {
      for (const [i, key] of value[field].entries()) {
        if (known.includes(key)) continue;
        const near = nearest(key, known);
        diagnostics.push(
          diagnosticAt(source, [field, i], {
            code: 'not-locked',
            what: `'${key}' is not under ${section} in ${lock.source.file}`,
            why: 'images/lock.yaml is the only file with versions',
            fix: near ? `did you mean '${near}'?` : `add ${key} to ${section} in ${lock.source.file}`,
          }),
        );
      }
    }
    for (const [i, callee] of value.calls.entries()) {
      const mutual = operators.filter((each) => each.value.server !== undefined).map((each) => each.name);
      if (mutual.includes(callee)) continue;
      diagnostics.push(
        diagnosticAt(source, ['calls', i], {
          code: 'nothing-to-call',
          what: `'${value.name}' calls '${callee}', which is not an operator with mutual TLS`,
          why: 'no authority would issue a client certificate',
          fix: suggest(callee, mutual, `write server: 'mutual' in operators/${callee}/operator.ts`),
        }),
      );
    }
  }
  return diagnostics;
}

/** Where Flux reads manifests from the cluster itself, exactly one operator must hold the Git repository. */
function checkGitRepository({ clusters, operators }: Repository): Diagnostic[] {
  return clusters
    .filter(({ value: { source, provider } }) => {
      const running = operators.filter(({ value: { only } }) => only?.includes(provider.kind) ?? true);
      return (
        source.kind === 'in-cluster' &&
        !running.some(({ value }) => value.provides.gitRepository !== undefined)
      );
    })
    .map(({ source }) =>
      diagnosticAt(source, ['source', 'kind'], {
        code: 'no-git-repository',
        what: 'no operator holds a Git repository in this cluster',
        why: 'source.kind in-cluster makes Flux read manifests from it',
        fix: 'add an operator with provides.gitRepository, or write kind: git with the url of a repository',
      }),
    );
}
