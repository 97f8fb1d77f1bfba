/** What GetParametersForImport is asked for: what browsers can wrap with. */
export const WRAPPING = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_4096' } as const;

/** Whether this page can wrap: browsers offer cryptography to pages of HTTPS and of loopback addresses alone. */
export function canWrap(): boolean {
  return window.isSecureContext;
}

/**
 * Wraps key material under a public key, RSAES-OAEP with SHA-256 and MGF1 with SHA-256 (RFC 8017, section 7.1).
 *
 * @param publicKey DER (SubjectPublicKeyInfo), in base64
 * @param material in base64
 * @returns in base64
 */
export async function wrapMaterial(publicKey: string, material: string): Promise<string> {
  const algorithm = { name: 'RSA-OAEP', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('spki', bytesOf(publicKey), algorithm, false, ['encrypt']);
  const plain = bytesOf(material);
  try {
    const wrapped = await crypto.subtle.encrypt(algorithm, key, plain);
    return btoa(String.fromCharCode(...new Uint8Array(wrapped)));
  } finally {
    plain.fill(0);
  }
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
