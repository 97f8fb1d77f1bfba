import type { ReactNode } from 'react';

/** What may be wider or longer than there is room: it scrolls by itself, by keyboard too. */
export function ScrollRegion({
  label,
  className = 'scrolls',
  children,
}: {
  readonly label: string;
  readonly className?: string;
  readonly children: ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className={className} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
