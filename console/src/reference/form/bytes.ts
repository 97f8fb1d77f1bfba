/** How a person gives bytes. */
export type Encoding = 'text' | 'hex' | 'base64';

/** Bytes as base64; `undefined` when the text is not of the encoding. */
export function toBase64(text: string, encoding: Encoding): string | undefined {
  switch (encoding) {
    case 'text':
      return encode(new TextEncoder().encode(text));
    case 'hex': {
      const digits = text.replaceAll(/[\s:]/g, '');
      if (!/^(?:[0-9a-f]{2})*$/i.test(digits)) return undefined;
      return encode(Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)));
    }
    case 'base64': {
      const plain = text.replaceAll(/\s/g, '');
      return isBase64(plain) ? plain : undefined;
    }
  }
}

/** Bytes as base64. */
export function encode(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += CHUNK) {
    text += String.fromCharCode(...bytes.subarray(start, start + CHUNK));
  }
  return btoa(text);
}

/** As many as a function may be given at once. */
const CHUNK = 8192;

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text);
}

/** The bytes that base64 stands for. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Bytes as hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
