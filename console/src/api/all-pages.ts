/** A page of a listing of KMS. */
interface ListingPage {
  readonly NextMarker?: string | undefined;
}

/** As many pages are fetched of what is shown at once. */
const MOST_PAGES = 20;

/** Fetches the pages of a listing one after the other. */
export async function allPages<P extends ListingPage, T>(
  fetchPage: (marker: { readonly Marker?: string }) => Promise<P>,
  itemsOf: (page: P) => readonly T[] | undefined,
): Promise<readonly T[]> {
  const items: T[] = [];
  let marker: { readonly Marker?: string } = {};
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const fetched = await fetchPage(marker);
    items.push(...(itemsOf(fetched) ?? []));
    if (fetched.NextMarker === undefined) break;
    marker = { Marker: fetched.NextMarker };
  }
  return items;
}
