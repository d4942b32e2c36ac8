import { type ReactNode, useEffect, useRef } from 'react';

/** What the page was of that was shown before; undefined while the first one is shown. */
let before: string | undefined;

interface PageProps {
  title: string;
  /** What the page is of, where its title comes later or changes: only another page takes the focus. Default: the title. */
  of?: string;
  children: ReactNode;
}

/** A page below the navigation. Its heading gets the focus when the page follows another one, so that it is read out. */
export function Page({ title, of = title, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (before !== undefined && before !== of) heading.current?.focus();
    before = of;
  }, [of]);
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
