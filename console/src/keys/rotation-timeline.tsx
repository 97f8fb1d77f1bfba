import Box from '@cloudscape-design/components/box';
import Steps, { type StepsProps } from '@cloudscape-design/components/steps';
import type { OutputOf } from '../api/call.ts';
import { formatSeconds } from '../layout/format.ts';

type Rotation = NonNullable<OutputOf<'ListKeyRotations'>['Rotations']>[number];

const TYPES: Readonly<Record<string, string>> = {
  AUTOMATIC: 'rotated automatically',
  ON_DEMAND: 'rotated on demand',
};

/** The key materials in the order in which they became current, and when the next one will. */
export function RotationTimeline({
  rotations,
  nextDate,
}: {
  readonly rotations: readonly Rotation[];
  /** Seconds since the Unix epoch; `undefined` when none is due. */
  readonly nextDate: number | undefined;
}) {
  const inOrder = rotations.toSorted((one, other) => (one.RotationDate ?? 0) - (other.RotationDate ?? 0));
  const steps: StepsProps.Step[] = inOrder.map(
    ({ KeyMaterialId = '', KeyMaterialState, RotationDate, RotationType, ValidTo }) => ({
      status: KeyMaterialState === 'CURRENT' ? 'success' : 'stopped',
      statusIconAriaLabel: KeyMaterialState === 'CURRENT' ? 'Current' : 'Earlier',
      header:
        RotationDate === undefined
          ? 'First material'
          : `${formatSeconds(RotationDate)}: ${TYPES[RotationType ?? ''] ?? 'rotated'}`,
      details: (
        <Box variant="small">
          <span className="breaks-anywhere">
            {KeyMaterialId}
            {KeyMaterialState === 'CURRENT' ? ', encrypts now' : ', still decrypts'}
            {ValidTo === undefined ? '' : `, expires ${formatSeconds(ValidTo)}`}
          </span>
        </Box>
      ),
    }),
  );
  if (nextDate !== undefined)
    steps.push({
      status: 'pending',
      statusIconAriaLabel: 'Planned',
      header: `${formatSeconds(nextDate)}: next automatic rotation`,
    });
  return <Steps ariaLabel="Timeline of the rotations" steps={steps} />;
}
