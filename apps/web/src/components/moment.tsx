/** A moment in the language and the time zone of the browser. `at`: a date-time of ISO 8601. */
export function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at}>
      {new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })}
    </time>
  );
}
