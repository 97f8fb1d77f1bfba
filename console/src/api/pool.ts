/** How many requests are under way at once when there are many to make: browsers open six connections to a server. */
const AT_ONCE = 6;

/** Does something for each item, a few at a time, until all is done or it is called off. */
export async function forEach<T>(
  items: readonly T[],
  signal: AbortSignal,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined && !signal.aborted; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
