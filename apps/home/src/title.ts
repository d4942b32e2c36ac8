import type { State } from './state.ts';

/** The document's title: what a tab shows. */
export function title({ headline, environment }: State): string {
  return [headline, environment, 'Plinth'].filter(Boolean).join(' · ');
}
