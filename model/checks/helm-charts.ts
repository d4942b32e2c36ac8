import type { Problem } from '../diagnostics/problem.ts';
import type { Operator } from '../operator.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** Helm's own bound: the longest name of a release (helm.sh/helm, pkg/chart/common/util, maxReleaseNameLen). */
const longestRelease = 53;

/** Fields that an operator with a Helm chart must or cannot have. */
export function checkHelmCharts({ operators }: Repository): Problem[] {
  return operators.flatMap((operator) =>
    operator.value.chart === undefined
      ? []
      : [...checkName(operator), ...checkAlone(operator), ...checkCalls(operator)],
  );
}

function checkName({ name, source }: Loaded<Operator>): Problem[] {
  if (name.length <= longestRelease) return [];
  const words = {
    code: 'release-name',
    what: `'${name}' has ${name.length} characters`,
    why: `it is the name of a Helm release, which has at most ${longestRelease}`,
    fix: `rename operators/${name}`,
  };
  return [problemAt(source, ['name'], words)];
}

/** Certificates, metrics and CustomResourceDefinitions of the platform go by labels and names that a chart does not have. */
function checkAlone({ source, value }: Loaded<Operator>): Problem[] {
  const without = [
    { key: 'crds', is: value.crds.length > 0, fix: 'take it out: the chart brings its own' },
    {
      key: 'server',
      is: value.server !== undefined,
      fix: "take it out, and have the chart's values name its certificate",
    },
    {
      key: 'calls',
      is: value.calls.length > 0,
      fix: "take it out, and write chart: { network: … } and the chart's values",
    },
    { key: 'metrics', is: value.metrics.length > 0, fix: 'take it out' },
  ];
  return without
    .filter(({ is }) => is)
    .map(({ key, fix }) =>
      problemAt(
        source,
        [key],
        {
          code: 'not-with-chart',
          what: `${key} stands beside chart`,
          why: 'it is for operators whose objects are made here',
          fix,
        },
        'key',
      ),
    );
}

/** Only the API server has a known port. */
function checkCalls({ source, value }: Loaded<Operator>): Problem[] {
  return Object.entries(value.chart?.network ?? {}).flatMap(([workload, { calls }]) =>
    calls.flatMap(({ to, port }, i) => {
      if (to === 'kubernetes-api' ? port === undefined : port !== undefined) return [];
      const words = {
        code: to === 'kubernetes-api' ? 'known-port' : 'missing-key',
        what:
          to === 'kubernetes-api'
            ? 'the port of the API server is written here'
            : `the key 'port' is missing in chart.network.${workload}.calls[${i}]`,
        why:
          to === 'kubernetes-api'
            ? 'it is known, and another one would lead nowhere'
            : 'a policy without a port would let everything through',
        fix: to === 'kubernetes-api' ? 'take port out' : 'add port: …, the one of the pod that is called',
      };
      return [problemAt(source, ['chart', 'network', workload, 'calls', i], words)];
    }),
  );
}
