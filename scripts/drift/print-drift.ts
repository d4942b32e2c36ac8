import { styleText } from 'node:util';
import { compact } from '../diff/print-diff.ts';
import type { DriftedField, ObjectDrift } from './drift.ts';

/** Headings of the states, in the order in which they are shown, with what becomes of it. */
const headings: readonly [state: ObjectDrift['state'], heading: string][] = [
  ['refused', 'cannot be applied'],
  ['drifted', 'changed by others than Flux, which takes back what its manifests say when it looks next'],
  ['missing', 'missing, although Flux has applied its folder'],
  ['foreign', 'there, and not made by Flux, which will take it over'],
  ['left', 'applied by Flux once, and in no manifest any more'],
  ['pending', 'not applied yet'],
];

/** Maximum number of fields shown per object; the rest is counted. */
const most = 12;

/** Text for a terminal: the gravest differences first. */
export function printDrift(
  name: string,
  drifts: readonly ObjectDrift[],
  suspended: readonly string[],
): string {
  if (drifts.length === 0) return `nothing differs from the cluster ${name}\n`;
  const lines = headings.flatMap(([state, heading]) => {
    const group = drifts.filter((each) => each.state === state);
    if (group.length === 0) return [];
    return [
      styleText('bold', `${heading} (${group.length})`, { stream: process.stdout }),
      ...group.flatMap((each) => printObject(each, suspended)),
    ];
  });
  return `${lines.join('\n')}\n`;
}

function printObject(drift: ObjectDrift, suspended: readonly string[]): string[] {
  const { object, file, kustomization, fields, message } = drift;
  const place = file ?? (kustomization === undefined ? '' : `Kustomization ${kustomization}`);
  const shown = fields.slice(0, most).map((field) => `      ${printField(field)}`);
  return [
    `  ${object}  ${styleText('dim', place, { stream: process.stdout })}`,
    ...(message === undefined ? [] : [`      ${message}`]),
    ...shown,
    ...(fields.length > most ? [`      … and ${fields.length - most} more fields`] : []),
    ...(kustomization !== undefined && suspended.includes(kustomization)
      ? [`      stays so: the Kustomization ${kustomization} is suspended`]
      : []),
  ];
}

function printField({ path, is, wanted, by }: DriftedField): string {
  const who =
    by === undefined
      ? 'removed; the cluster does not note by whom'
      : `${by.manager}${by.time === undefined ? '' : `, ${by.time}`}`;
  if (is === undefined && wanted === undefined) return `${path}: ${by === undefined ? 'differs' : who}`;
  if (wanted === undefined) return `${path}: + ${compact(is)} (${who})`;
  if (is === undefined) return `${path}: - ${compact(wanted)} (${who})`;
  return `${path}: ${compact(is)}, not ${compact(wanted)} (${who})`;
}
