import { styleText } from 'node:util';
import type { Explained, Explanation } from './explain.ts';

const bold = (text: string) => styleText('bold', text, { stream: process.stdout });
const dim = (text: string) => styleText('dim', text, { stream: process.stdout });

/** Derived objects by edge, for a terminal. */
export function printExplanation(it: Explanation): string {
  const { cpu, memory, reason } = it.resources;
  const lines = [
    `${bold(it.app)} in ${it.environment}: ${it.summary}`,
    `  image     ${it.image}`,
    `  pods      ${pods(it.replicas)}, each with cpu ${cpu}, memory ${memory}${reason ? `: ${reason}` : ''}`,
    ...it.ports.map(({ name, port, tls }) => `  port      ${name} ${port}${tls ? `, ${tls} TLS` : ''}`),
    ...it.edges.flatMap(printEdge),
    '',
    bold('every app has'),
    ...it.always.map(({ object, file }) => `  + ${object}  ${dim(file)}`),
    '',
    bold('Flux applies it after'),
    ...(it.after.length === 0 ? ['  nothing'] : []),
    ...it.after.map(
      ({ component, waitsFor, object, need }) =>
        `  ${component} waits for ${waitsFor}: ${object} needs ${need}`,
    ),
    '',
    bold('exceptions from rules'),
    ...(it.exceptions.length === 0 ? ['  none'] : []),
    ...it.exceptions.map((except) => `  ${except.rule}: ${except.reason}  ${dim(except.place)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function pods(replicas: Explanation['replicas']): string {
  if (typeof replicas === 'number') return String(replicas);
  return `${replicas.min} to ${replicas.max}, more above ${replicas.cpu} % of cpu`;
}

function printEdge({ title, reason, place, objects, fields }: Explained): string[] {
  return [
    '',
    `${bold(`it ${title}`)}  ${dim(place)}`,
    ...(reason === undefined ? [] : [`  because: ${reason}`]),
    ...objects.map(({ object, file }) => `  + ${object}  ${dim(file)}`),
    ...[...Map.groupBy(fields, ({ object }) => object)].flatMap(([object, changed]) => [
      `  ~ ${object}`,
      ...changed.map(({ path, before, after }) =>
        after === undefined
          ? `      ${path}: not ${compact(before)}`
          : `      ${path}: ${compact(after)}${before === undefined ? '' : dim(` instead of ${compact(before)}`)}`,
      ),
    ]),
    ...(objects.length === 0 && fields.length === 0 ? ['  nothing is derived from it here'] : []),
  ];
}

function compact(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 159)}…` : text;
}
