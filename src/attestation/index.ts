export {
  type ReadRecipient,
  type Recipient,
  readAttestationRoots,
  recipientReader,
} from './recipient.ts';
