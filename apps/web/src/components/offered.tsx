import { type ReactNode, useState } from 'react';

/**
 * A form with its heading, while the person may use it. Once something was typed it stays: if the right to it ends meanwhile, nothing
 * typed is lost, and the API says why it refuses.
 */
export function Offered({ isOffered, children }: { isOffered: boolean; children: ReactNode }) {
  const [isTyped, setTyped] = useState(false);
  if (!isOffered && !isTyped) return null;
  return <div onInput={() => setTyped(true)}>{children}</div>;
}
