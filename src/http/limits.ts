/** What one client may ask of a server before it is refused or cut off. Times are milliseconds, sizes bytes. */
export interface Limits {
  readonly bodySize: number;
  readonly discardedBodySize: number;
  readonly headerSize: number;
  readonly headerCount: number;
  readonly handshakeTimeout: number;
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  readonly keepAliveTimeout: number;
  readonly timeoutCheckInterval: number;
  readonly connections: number;
  readonly drainTimeout: number;
}

/** The limits of a real server; tests shorten the times. */
export const LIMITS: Limits = Object.freeze({
  /** The largest request of the API, ReEncrypt of a 6 kB blob with two encryption contexts, is far below it. */
  bodySize: 1024 * 1024,
  /** A body too large is read (not kept) up to here, so that its sender gets to see the refusal and not a reset. */
  discardedBodySize: 8 * 1024 * 1024,
  /** Signed requests with a session token need some 2 kB; 16 kB is what common proxies pass on. */
  headerSize: 16 * 1024,
  /** AWS SDKs send about a dozen. */
  headerCount: 100,
  handshakeTimeout: 10_000,
  /** A client that dribbles its headers holds a connection for no longer than this. */
  headersTimeout: 10_000,
  /** A whole request, even over a bad line, arrives in this time. */
  requestTimeout: 30_000,
  /** Longer than the 60 s after which load balancers usually drop an idle connection: they, not we, close it. */
  keepAliveTimeout: 65_000,
  /** How late a timeout may strike; a check looks at expired connections only. */
  timeoutCheckInterval: 2_000,
  /** Of one worker. An idle connection costs some 15 kB, so this keeps the worst case below 130 MB. */
  connections: 8_192,
  /** Requests take milliseconds; what is still open then is a client that does not read or write. */
  drainTimeout: 10_000,
});
