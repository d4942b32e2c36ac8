import { type ReactNode, useEffect, useRef } from 'react';

/** The title of the page that was shown before; undefined while the first one is shown. */
let before: string | undefined;

/** A page below the navigation. Its heading gets the focus when the page follows another one, so that it is read out. */
export function Page({ title, children }: { title: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (before !== undefined && before !== title) heading.current?.focus();
    before = title;
  }, [title]);
  return (
    <>
      <title>{title}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
      {children}
    </>
  );
}
