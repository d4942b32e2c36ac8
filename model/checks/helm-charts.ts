import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Operator } from '../operator.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** Helm's maximum length of a release name (helm.sh/helm, pkg/chart/common/util, maxReleaseNameLen). */
const longestRelease = 53;

/** Fields that an operator with a Helm chart must have, or cannot have. */
export function checkHelmCharts({ operators }: Repository): Diagnostic[] {
  return operators.flatMap((operator) =>
    operator.value.chart === undefined
      ? []
      : [...checkName(operator), ...checkAlone(operator), ...checkCalls(operator)],
  );
}

function checkName({ name, source }: Loaded<Operator>): Diagnostic[] {
  if (name.length <= longestRelease) return [];
  const words = {
    code: 'release-name',
    what: `'${name}' has ${name.length} characters`,
    why: `it is also the name of a Helm release, which has at most ${longestRelease} characters`,
    fix: `rename operators/${name}`,
  };
  return [diagnosticAt(source, ['name'], words)];
}

/** Fields that do not work with a Helm chart: they need labels and names that only chart.ts files set. */
function checkAlone({ source, value }: Loaded<Operator>): Diagnostic[] {
  const without = [
    { key: 'crds', is: value.crds.length > 0, fix: 'remove it: the chart contains its own' },
    {
      key: 'server',
      is: value.server !== undefined,
      fix: "remove it, and name the certificate in the chart's values",
    },
    {
      key: 'calls',
      is: value.calls.length > 0,
      fix: "remove it, and write chart: { network: … } and the chart's values",
    },
    { key: 'metrics', is: value.metrics.length > 0, fix: 'remove it' },
  ];
  return without
    .filter(({ is }) => is)
    .map(({ key, fix }) =>
      diagnosticAt(
        source,
        [key],
        {
          code: 'not-with-chart',
          what: `${key} cannot be combined with chart`,
          why: 'it is only for operators with a chart.ts',
          fix,
        },
        'key',
      ),
    );
}

/** A flow has a port, except a flow to the API server, whose port is known. */
function checkCalls({ source, value }: Loaded<Operator>): Diagnostic[] {
  return Object.entries(value.chart?.network ?? {}).flatMap(([workload, { calls }]) =>
    calls.flatMap(({ to, port }, i) => {
      if (to === 'kubernetes-api' ? port === undefined : port !== undefined) return [];
      const words = {
        code: to === 'kubernetes-api' ? 'known-port' : 'missing-key',
        what:
          to === 'kubernetes-api'
            ? 'a flow to the API server has a port'
            : `the key 'port' is missing in chart.network.${workload}.calls[${i}]`,
        why:
          to === 'kubernetes-api'
            ? 'the port of the API server is known; any other port would not reach it'
            : 'a policy without a port would allow all ports',
        fix: to === 'kubernetes-api' ? 'remove port' : 'add port: …, the port of the called pod',
      };
      return [diagnosticAt(source, ['chart', 'network', workload, 'calls', i], words)];
    }),
  );
}
