import { explain } from '../explain.ts';

/** What went wrong, read out at once. */
export function Problem({ error }: { error: Error | null }) {
  if (error === null) return null;
  return (
    <p role="alert" className="problem">
      {explain(error)}
    </p>
  );
}
