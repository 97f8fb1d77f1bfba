import Button from '@cloudscape-design/components/button';
import Grid from '@cloudscape-design/components/grid';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';

/** Pairs of names and values, such as an encryption context. Pairs without a name are left out. */
export function MapField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: unknown;
  readonly onChange: (value: Readonly<Record<string, string>> | undefined) => void;
}) {
  const [pairs, setPairs] = useState<readonly (readonly [string, string])[]>(
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, each]) => [name, String(each)])
      : [],
  );
  const change = (next: readonly (readonly [string, string])[]) => {
    setPairs(next);
    const named = next.filter(([name]) => name !== '');
    onChange(named.length === 0 ? undefined : Object.fromEntries(named));
  };
  return (
    <SpaceBetween size="xs">
      {pairs.map(([name, text], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pairs have no name but their place
        <Grid key={index} gridDefinition={[{ colspan: 5 }, { colspan: 5 }, { colspan: 2 }]}>
          <Input
            ariaLabel={`${label}, name ${index + 1}`}
            placeholder="Name"
            value={name}
            onChange={({ detail }) => change(pairs.with(index, [detail.value, text]))}
          />
          <Input
            ariaLabel={`${label}, value ${index + 1}`}
            placeholder="Value"
            value={text}
            onChange={({ detail }) => change(pairs.with(index, [name, detail.value]))}
          />
          <Button
            formAction="none"
            iconName="close"
            variant="icon"
            ariaLabel={`Remove pair ${index + 1} of ${label}`}
            onClick={() => change(pairs.toSpliced(index, 1))}
          />
        </Grid>
      ))}
      <Button formAction="none" onClick={() => change([...pairs, ['', '']])}>
        Add a pair to {label}
      </Button>
    </SpaceBetween>
  );
}
