import Pagination from '@cloudscape-design/components/pagination';
import { useState } from 'react';

/** Where one is in a listing that the server gives page by page. */
export interface Paging {
  /** Where the page that is shown begins; `undefined` for the first one. */
  readonly token: string | undefined;
  /** Counts from 0. */
  readonly at: number;
  /** Where each page that was come by begins. */
  readonly tokens: readonly (string | undefined)[];
  goTo(index: number, nextToken: string | undefined): void;
  /** Goes back to the first page, and forgets the others. */
  reset(): void;
}

/** @param listing what is listed: another one begins with its first page */
export function usePaging(listing = ''): Paging {
  const first = { listing, tokens: [undefined], at: 0 };
  const [state, setState] = useState<Pick<Paging, 'tokens' | 'at'> & { readonly listing: string }>(first);
  const { tokens, at } = state.listing === listing ? state : first;
  return {
    token: tokens[at],
    at,
    tokens,
    goTo(index, nextToken) {
      setState({
        listing,
        tokens: index === tokens.length ? [...tokens, nextToken] : tokens,
        at: Math.min(index, tokens.length),
      });
    },
    reset: () => setState(first),
  };
}

/** Goes from page to page. */
export function PageControl({
  paging,
  nextToken,
  disabled,
}: {
  readonly paging: Paging;
  /** Where the page after the one that is shown begins; `undefined` on the last one. */
  readonly nextToken: string | undefined;
  readonly disabled: boolean;
}) {
  const { at, tokens } = paging;
  const hasMore = nextToken !== undefined;
  return (
    <Pagination
      currentPageIndex={at + 1}
      pagesCount={hasMore ? Math.max(tokens.length, at + 2) : at + 1}
      openEnd={hasMore}
      disabled={disabled}
      onChange={({ detail }) => paging.goTo(detail.currentPageIndex - 1, nextToken)}
      ariaLabels={{
        nextPageLabel: 'Next page',
        previousPageLabel: 'Previous page',
        pageLabel: (number) => `Page ${number}`,
      }}
    />
  );
}
