import { asRecord, type KeyNote } from './notes.ts';

/** An app with a volume of its own has one pod; the note of the number of pods then says so. */
export function onePodForVolumes(draft: { description: Record<string, unknown>; notes: KeyNote[] }): void {
  const { description, notes } = draft;
  const volumes = Object.values(asRecord(description.volumes)).map(asRecord);
  if (!(Number(description.replicas) > 1) || !volumes.some(({ per }) => per !== 'replica')) return;
  const text = `replicas: 1 instead of ${description.replicas}: its volume is for one pod; per: 'replica' gives each pod a volume of its own`;
  description.replicas = 1;
  draft.notes = notes.map((note) =>
    /(^|\.)(replicas|scale)$/.test(note.key) ? { ...note, fate: 'approximated', text } : note,
  );
}
