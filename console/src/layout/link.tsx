import CloudscapeLink, { type LinkProps } from '@cloudscape-design/components/link';
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';

const BASE = '/console';

/** The URL of a page of the console, for links that may be copied and opened elsewhere. */
export function hrefOf(path: string): string {
  return `${BASE}${path}`;
}

/** The page that a URL of the console names. */
export function pathOf(href: string): string {
  return href.startsWith(`${BASE}/`) ? href.slice(BASE.length) : href;
}

/** A link to another page of the console. */
export function PageLink({
  path,
  children,
  ...rest
}: { readonly path: string; readonly children: ReactNode } & Pick<
  LinkProps,
  'variant' | 'fontSize' | 'ariaLabel'
>) {
  const [, navigate] = useLocation();
  return (
    <CloudscapeLink
      {...rest}
      href={hrefOf(path)}
      onFollow={(event) => {
        event.preventDefault();
        navigate(path);
      }}
    >
      {children}
    </CloudscapeLink>
  );
}
