/* Values that stand for real ones in the examples of the reference. Requests with them are well-formed: only what they name is not there. */

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab';
export const KEY_ARN = `arn:aws:kms:us-east-1:111122223333:key/${KEY_ID}`;
export const OTHER_KEY_ID = '0987dcba-09fe-87dc-65ba-ab0987654321';
export const EXTERNAL_KEY_ID = '4567abcd-45ab-67cd-89ef-4567890123ab';
export const EXTERNAL_RSA_KEY_ID = '5678abcd-56ab-48cd-90ef-5678901234ab';
export const MULTI_REGION_KEY_ID = 'mrk-1234abcd12ab34cd56ef1234567890ab';
export const MULTI_REGION_KEY_ARN = `arn:aws:kms:us-east-1:111122223333:key/${MULTI_REGION_KEY_ID}`;
export const GRANT_ID = '0c237476b39f8bc44e45212e08498fbe3151305030726c0590dd8d3e9f3d6a60';
export const KEY_POLICY =
  '{"Version":"2012-10-17","Statement":[{"Sid":"Enable IAM User Permissions","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"kms:*","Resource":"*"}]}';
/** A ciphertext blob of a symmetric key. */
export const CIPHERTEXT =
  'AQC+0ZWaHfVGu4v7KrWMGpvlNSR4VDfp60nDJBXfWIkMhDz/5uogHaLfQFRCGM9SXB9GyBWN68s81lJmsBjXATXD8LnPnFQr0W2ZLNqL04pvnRZhhKd3ZrULuGU5Tgr0XSyvK+0=';
/** A ciphertext of an RSA key. */
export const RSA_CIPHERTEXT =
  'OS9RJfvaPAt6afuKah81JpfrIi/BaFU7hkaU2o9JPHt3tP+A1JNRK4cWqwr0C5jEbVxFhw8yC8/80Xsc3F4nXxA2GCAIL0F8MAYHHsxWpa63DIu5b5DcX681iGfuh1OYoZ9iUpu7/B7F6eZSbbnBsGqjZoXdYE2g5524BJQZfYAulrlPBv7sPXB6SH7Pln0nMVlt9SsBX/ZvkhLLGnUia6dxuJkSJPDStZSIzqzTR+vfuZZII2VH++HUYa5j3FbPkjmfcH8o97QKi0reJywFN/WwH994ZqwxbRACxhGfn7dOmheSZfrDBFzaFfnWQz+ijUtrb2v0Nh7fXHMI4rHxAQ==';
/** A MAC. */
export const MAC = 'ZiopwMZx9F+XvCRUnmrJnDQFxKtvPIf4kT2pyh1roIM=';
/** A signature of ECDSA, DER. */
export const SIGNATURE =
  'MEQCICspgYWE867KW3LWqFVgjOGeWl1Pt1uTVNHY0A/YFWhEAiBdT1/5XAwNJlYn/n4yXv5JIxNwRTMZK/xQQxe+h2xR8Q==';
/** A public key on P-256, DER SubjectPublicKeyInfo. */
export const PUBLIC_KEY =
  'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExXem/BQVPiVLdAtM4ECU8jO3c/gyHH+ngU2SYmTNCsgGtHToA/tOOsJcC654iwxioR5ylsUpNOGKXVSdwXxWbw==';
/** The ciphertext of a shared secret, shortened. */
export const ENCAPSULATED_SECRET =
  'p2il6Bh8MXf0i42VPIPEBNpBm5hlNL0Txb+ZV385F36+UzliBOx0KbdFJkHaKN+p6V71s8S/wZnIhkAgb0ref8HYeaErK3SMlaP6/yRdmtYdKovOejMDna3rDlgTJDxAAAVyE2DzjBYfysowhhjwoAOYlffFP2gvLIE8c9Tz2K00tV1k1cfb17A/DMzm6nQKb6P/+pdA';
/** A grant token. */
export const GRANT_TOKEN =
  'AUiZnJe1izzW6ksAGPQ6KPLkCbSpgyI1PaXQqD11auusDzU4WFNjUxf2Gffh3TlXKw1T9tVRjFIbxAQbyk/iNd43TddFQFWJmaHSqYoPCSfVZoDsbCmK0m+OohocKvAB396HoMjGqExSfzcYmNFLj4rvWQYqZ3o3HSugsI+dROwiwc0QJs8hVpPI/UrkRzbGFWAOUzZBmBE=';
/** An import token, shortened. */
export const IMPORT_TOKEN =
  'AbWccB9bdOtirgVbReWY016iEleaRAYoRbtLLwn90Tj+ZorgK0057Yv2UOd47RlEocphz2RyHBjbEol95fQFmBVO0/j4BZFMRLPlw1TjQBRqf/4pljseEZhM5VN/IQiugo/USI2grwUa9OALa4yoetVwxqEzPoS7lVirm8BFSlZDtL8Mbyb9LRy1/m46GRxinXYJLr42';
/** Key material as wrapped for its import. */
export const ENCRYPTED_KEY_MATERIAL =
  'tB1XcbnR2ipCMy/IkQi0ttalJ6qnFZUN3oxKzixSEjO6wOEtiq4bkViUC38nGjTJoKJ5YPWTQT+rd4PjLWikXV4T4/ugH1Cb9aAurKGUJOC3OaP7KQDwqKI/tyH9IApeOKrzmDUT5RHkeBHR2HYyUor7Uw50ELVLDjU758SoFQGtnEOkeJWL13vbkR2Zf5o/2M7yYUzP3Tqe81+bAFksWT3bfdJulA3NXK372BlQ4V/y/Q6Q/Su7uGFLVNs6feA7YBpw5qU+RC0+fNhVy5N607Imfce+xjlIRqw/VCgfh1oWY9O3BPo47+3ZcQRJicwPR3crAAnFnY2CKWY5APxgnA==';
