import { constants, createCipheriv, hash, type KeyObject, publicEncrypt, randomBytes } from 'node:crypto';
import {
  CMSVersion,
  ContentInfo,
  EncryptedContent,
  EncryptedContentInfo,
  EnvelopedData,
  id_data,
  id_envelopedData,
  KeyTransRecipientInfo,
  RecipientIdentifier,
  RecipientInfo,
  RecipientInfos,
} from '@peculiar/asn1-cms';
import { id_mgf1, id_RSAES_OAEP, id_sha256, RsaEsOaepParams } from '@peculiar/asn1-rsa';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, SubjectKeyIdentifier, SubjectPublicKeyInfo } from '@peculiar/asn1-x509';

/** aes256-CBC (RFC 3565). */
const ID_AES256_CBC = '2.16.840.1.101.3.4.1.42';

const SHA_256 = new AlgorithmIdentifier({ algorithm: id_sha256, parameters: null });
const OAEP_SHA_256 = new AlgorithmIdentifier({
  algorithm: id_RSAES_OAEP,
  parameters: AsnConvert.serialize(
    new RsaEsOaepParams({
      hashAlgorithm: SHA_256,
      maskGenAlgorithm: new AlgorithmIdentifier({
        algorithm: id_mgf1,
        parameters: AsnConvert.serialize(SHA_256),
      }),
    }),
  ),
});

/**
 * Encrypts for the holder of an RSA key: DER of a CMS ContentInfo with EnvelopedData (RFC 5652), the content under
 * AES-256-CBC, its key under RSAES-OAEP with SHA-256 (RFC 4055), the recipient by its subject key identifier.
 */
export function encryptForHolder(publicKey: KeyObject, plaintext: Uint8Array): Buffer {
  const key = randomBytes(32);
  const initializationVector = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, initializationVector);
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const encryptedKey = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    key,
  );
  key.fill(0);
  const recipient = new KeyTransRecipientInfo({
    version: CMSVersion.v2,
    rid: new RecipientIdentifier({ subjectKeyIdentifier: subjectKeyIdentifier(publicKey) }),
    keyEncryptionAlgorithm: OAEP_SHA_256,
    encryptedKey: new OctetString(encryptedKey),
  });
  const envelopedData = new EnvelopedData({
    version: CMSVersion.v2,
    recipientInfos: new RecipientInfos([new RecipientInfo({ ktri: recipient })]),
    encryptedContentInfo: new EncryptedContentInfo({
      contentType: id_data,
      contentEncryptionAlgorithm: new AlgorithmIdentifier({
        algorithm: ID_AES256_CBC,
        parameters: AsnConvert.serialize(new OctetString(initializationVector)),
      }),
      encryptedContent: new EncryptedContent({ value: new OctetString(ciphertext) }),
    }),
  });
  const contentInfo = new ContentInfo({
    contentType: id_envelopedData,
    content: AsnConvert.serialize(envelopedData),
  });
  return Buffer.from(AsnConvert.serialize(contentInfo));
}

/** The SHA-1 hash of the public key (RFC 5280 section 4.2.1.2, method 1). */
function subjectKeyIdentifier(publicKey: KeyObject): SubjectKeyIdentifier {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const { subjectPublicKey } = AsnConvert.parse(der, SubjectPublicKeyInfo);
  return new SubjectKeyIdentifier(hash('sha1', Buffer.from(subjectPublicKey), 'buffer'));
}
