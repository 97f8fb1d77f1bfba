/** The media type of a `Content-Type` header in lower case, without its parameters; empty when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1).join('').trim().toLowerCase();
}
