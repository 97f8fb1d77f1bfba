/**
 * Server-side verification of AWS Signature Version 4.
 *
 * A signature proves two things: that the sender knows a secret access key, and that the request is the one
 * they signed, for this service, in this Region, now. Verifying means to repeat what the signer did and to
 * compare. It takes two steps, because the secret is found by what the request says of itself:
 *
 * ```ts
 * const presented = readAuthorization(request, ['kms']);          // who claims to send this, and what for
 * const credential = await credentials.find(presented.accessKeyId, presented.sessionToken);
 * verifier.verify(request, presented, credential.secretAccessKey, clock.now());       // returns, or throws
 * ```
 *
 * Between the two nothing is proven. Apart from finding the credential, do nothing with what was presented.
 *
 * What is refused, in this order: a request without a signature, one whose signature lacks parts, one scoped
 * to another service or day (all by `readAuthorization`), one whose date is more than five minutes off or
 * whose own expiry has passed, one whose signature leaves out what it must cover, one whose signature is not
 * ours (all by `verify`). Every refusal is a ServiceError out of `refusals.ts`.
 *
 * A signature must cover more than the specification asks of signers: `host`, every `x-amz-*` header that is
 * in the request, and the body. `UNSIGNED-PAYLOAD` is for services that stream; here the body is what asks
 * for a key to be used. And whatever decides the authentication occurs once: where two readers could
 * disagree about which of two dates or credentials counts, the request is refused.
 *
 * The canonical request is that of services other than S3: paths are normalised and encoded once more.
 *
 * This runs on every request, so its cost is part of every answer: four one-shot SHA-256 hashes (the body, the
 * canonical request, and two for the HMAC, whose pads are kept with the signing key) and one constant-time
 * comparison. No native object is made for a request whose signing key is kept.
 *
 * The files, in reading order: `authorization.ts` (what is presented; `header-form.ts`, `query-form.ts` and
 * `scope.ts` read it), `canonical.ts` (what was signed; `uri.ts` has its first lines), `signing-key.ts` (what
 * it was signed with), `verify.ts`, which puts them together.
 *
 * @module
 */
export { type Presented, readAuthorization } from './authorization.ts';
export type { SignedRequest } from './canonical.ts';
export { SignatureVerifier } from './verify.ts';
