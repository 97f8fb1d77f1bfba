import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { PolicyChange, PolicyComparison } from '../api/own-operations.ts';

/** Who gains and who loses what by a new policy. */
export function ComparisonView({ comparison }: { readonly comparison: PolicyComparison }) {
  const { Unchanged, Complete, Omitted, Changes } = comparison;
  return (
    <SpaceBetween size="s">
      {Unchanged && <StatusIndicator type="info">Nobody gains or loses anything.</StatusIndicator>}
      {(['loses', 'gains'] as const).map((direction) => (
        <Changed
          key={direction}
          direction={direction}
          changes={Changes.filter((change) => change.Direction === direction)}
        />
      ))}
      {!Complete && (
        <Alert type="warning" header="Not everything could be compared">
          {Omitted.join(' ')}
        </Alert>
      )}
    </SpaceBetween>
  );
}

function Changed({
  direction,
  changes,
}: {
  readonly direction: 'gains' | 'loses';
  readonly changes: readonly PolicyChange[];
}) {
  if (changes.length === 0) return undefined;
  return (
    <div>
      <Box variant="h3">
        <StatusIndicator type={direction === 'gains' ? 'success' : 'warning'}>
          {direction === 'gains' ? 'Who gains' : 'Who loses'}
        </StatusIndicator>
      </Box>
      <ul>
        {changes.map((change) => (
          <li key={JSON.stringify(change)} className="breaks-anywhere">
            <b>{change.Principals.join(', ')}</b>: {change.Actions.join(', ')}
            {change.Conditions.length > 0 && (
              <> when {change.Conditions.map(({ Text }) => Text).join(' and ')}</>
            )}
            <Box variant="small" display="block">
              before: {change.Before}, after: {change.After}
            </Box>
          </li>
        ))}
      </ul>
    </div>
  );
}
