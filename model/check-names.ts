import { dnsLabel } from './cluster.ts';
import { type Problem, problemOfFile } from './problem.ts';
import type { Repository } from './repository.ts';
import { problemAt, reference } from './source.ts';

/** A thing has one name: that of its folder or file, and no two things share one. */
export function checkNames({ clusters, apps, operators }: Repository): Problem[] {
  const problems: Problem[] = [];
  for (const { name, source, value } of [...apps, ...operators]) {
    if (value.name === name) continue;
    problems.push(
      problemAt(source, ['name'], {
        code: 'name-differs',
        what: `the name is '${value.name}', but ${source.file} says '${name}'`,
        why: 'others refer to it by the name of its place',
        fix: `write name: '${name}'`,
      }),
    );
  }
  for (const { name, source, value } of clusters) {
    if (!dnsLabel.safeParse(name).success) {
      problems.push(
        problemOfFile(source.file, {
          code: 'bad-name',
          what: `the folder '${name}' cannot be the name of an environment`,
          why: 'it is part of paths and of host names',
          fix: "rename it: a-z, 0-9 and '-' with a letter or digit at both ends",
        }),
      );
      continue;
    }
    if (value.name === name || value.name.endsWith(`-${name}`)) continue;
    problems.push(
      problemAt(source, ['name'], {
        code: 'name-differs',
        what: `the cluster's name is '${value.name}', but its folder is '${name}'`,
        why: 'the name ends with that of the environment, so that no two environments share a cluster',
        fix: `write name: ${name} or name: TEAM-${name}`,
      }),
    );
  }
  for (const { name, source } of apps) {
    if (!/^(?:default|kube-.*)$/.test(name)) continue;
    problems.push(
      problemAt(source, ['name'], {
        code: 'name-reserved',
        what: `'${name}' is a name that Kubernetes keeps for itself`,
        why: 'an app owns the namespace of its name, and Kubernetes makes this one or may',
        fix: `rename apps/${name}`,
      }),
    );
  }
  const taken = new Map(operators.map((operator) => [operator.name, operator]));
  for (const { name, source } of apps) {
    const operator = taken.get(name);
    if (operator === undefined) continue;
    problems.push(
      problemAt(source, ['name'], {
        code: 'name-taken',
        what: `'${name}' is already the operator of ${reference(operator.source, ['name'])}`,
        why: 'both would own the same namespace and folder of manifests',
        fix: `rename apps/${name}`,
      }),
    );
  }
  return problems;
}
