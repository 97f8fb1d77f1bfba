import type { StructureShape, ValueOf } from '../../model/index.ts';
import { type Operation, type OperationDeclaration, operation, type Targets } from '../operation.ts';

/** Declares an operation of IAM. None accepts the credentials of GetSessionToken or GetFederationToken, as in AWS. */
export function iamOperation<
  const N extends string,
  I extends StructureShape,
  O extends StructureShape,
  const T extends Targets<ValueOf<I>>,
>(declaration: Omit<OperationDeclaration<N, I, O, T>, 'service' | 'refusesSessions'>): Operation<N, I, O> {
  return operation<N, I, O, T>({
    ...declaration,
    service: 'iam',
    refusesSessions: ['GetSessionToken', 'GetFederationToken'],
  });
}
