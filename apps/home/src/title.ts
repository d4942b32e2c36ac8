import type { State } from './state.ts';

/** The document's title: what a tab shows. */
export function title({ headline, environment }: State): string {
  return [headline, environment, 'Plinth'].filter(Boolean).join(' · ');
}

/** What a screen reader says when it changes: the verdict, and what it is about. */
export function spoken({ headline, problems }: State): string {
  return [headline, ...problems.map(({ what }) => what)].join('. ');
}
