import type { ComposeDraft } from './compose-draft.ts';
import { partsOf, withoutEnd } from './compose-values.ts';
import { asRecord } from './notes.ts';

/** A volume or bind mount in its short or long form. */
export function volume(value: unknown, { description, notes }: ComposeDraft): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const [first = '', second, mode = ''] = long
    ? [String(long.source ?? ''), String(long.target ?? ''), long.read_only === true ? 'ro' : '']
    : partsOf(String(value));
  const source = second === undefined ? '' : first;
  const target = withoutEnd(second ?? first);
  const key = `volumes.${target}`;
  const isPath = /^[./~$]/.test(source);
  if (/docker\.sock$/.test(source)) {
    notes.push({ key, fate: 'dropped', text: 'an app cannot reach the container runtime' });
  } else if (/^\/(dev|etc|proc|run|sys|var\/run)\b/.test(source)) {
    notes.push({ key, fate: 'dropped', text: 'an app cannot have files of the node' });
  } else if (isPath && (mode.split(',').includes('ro') || /\.\w+$/.test(target))) {
    notes.push({
      key,
      fate: 'dropped',
      text: `copy ${source} beside app.ts: files: { '${target}': 'files/…' }`,
    });
  } else {
    const volumes = asRecord(description.volumes);
    const wanted = (isPath || source === '' ? (target.split('/').at(-1) ?? '') : source).toLowerCase();
    const label = wanted.replace(/[^a-z0-9-]+/g, '-').replace(/^-+|-+$/g, '') || 'data';
    const name = Object.hasOwn(volumes, label) ? `${label}-${Object.keys(volumes).length}` : label;
    description.volumes = { ...volumes, [name]: { path: target, size: '1Gi' } };
    const filled = isPath ? `; copy the content of ${source} into it` : '';
    notes.push({ key, fate: 'approximated', text: `volumes: ${name}, of 1Gi${filled}` });
  }
}
