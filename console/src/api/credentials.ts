/** Credentials as AWS SDKs take them; with a session token if they are temporary. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** With what requests are signed, and for which Region. */
export interface Signing {
  readonly credentials: Credentials;
  readonly region: string;
}
