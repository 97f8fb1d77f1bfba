import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import Container from '@cloudscape-design/components/container';
import DateRangePicker, { type DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import FormField from '@cloudscape-design/components/form-field';
import Grid from '@cloudscape-design/components/grid';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { serverTime } from '../api/exchange.ts';
import type { EventAttribute } from '../api/lookup-events.ts';
import { ATTRIBUTES } from './query.ts';
import type { EventSearch } from './search.ts';

const ANY = { value: '', label: 'Any event' };

const RELATIVE: readonly DateRangePickerProps.RelativeOption[] = [
  { key: 'hour', type: 'relative', amount: 1, unit: 'hour' },
  { key: 'day', type: 'relative', amount: 1, unit: 'day' },
  { key: 'week', type: 'relative', amount: 7, unit: 'day' },
  { key: 'month', type: 'relative', amount: 30, unit: 'day' },
];

/** Asks what to look for: one attribute, as LookupEvents takes, and a time range. */
export function SearchForm({
  search,
  look,
}: {
  readonly search: EventSearch;
  readonly look: (search: EventSearch) => void;
}) {
  const [attribute, setAttribute] = useState<EventAttribute | undefined>(search.attribute);
  const [value, setValue] = useState(search.value ?? '');
  const [range, setRange] = useState<DateRangePickerProps.Value | null>(rangeOf(search));
  const [refusedOnly, setRefusedOnly] = useState(search.refusedOnly ?? false);
  const chosen = ATTRIBUTES.find((each) => each.value === attribute);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const isWhole = attribute !== undefined && value.trim() !== '';
        look({ ...(isWhole && { attribute, value: value.trim() }), ...timesOf(range), refusedOnly });
      }}
    >
      <Container>
        <SpaceBetween size="m">
          <Grid gridDefinition={WIDTHS}>
            <FormField label="Look for">
              <Select
                selectedOption={chosen ?? ANY}
                options={[ANY, ...ATTRIBUTES]}
                onChange={({ detail }) =>
                  setAttribute(ATTRIBUTES.find((each) => each.value === detail.selectedOption.value)?.value)
                }
              />
            </FormField>
            <FormField label="Value">
              <Input
                value={value}
                disabled={attribute === undefined}
                placeholder={chosen?.example ?? ''}
                spellcheck={false}
                onChange={({ detail }) => setValue(detail.value)}
              />
            </FormField>
            <FormField label="Time">
              <DateRangePicker
                value={range}
                placeholder="Any time"
                relativeOptions={RELATIVE}
                isValidRange={validityOf}
                expandToViewport
                onChange={({ detail }) => setRange(detail.value)}
                i18nStrings={{
                  formatRelativeRange: ({ amount, unit }) =>
                    `Last ${amount === 1 ? unit : `${amount} ${unit}s`}`,
                }}
              />
            </FormField>
          </Grid>
          <SpaceBetween direction="horizontal" size="m" alignItems="center">
            <Button variant="primary" formAction="submit">
              Search
            </Button>
            <Checkbox checked={refusedOnly} onChange={({ detail }) => setRefusedOnly(detail.checked)}>
              Only calls that were refused or failed
            </Checkbox>
          </SpaceBetween>
        </SpaceBetween>
      </Container>
    </form>
  );
}

const WIDTHS = [
  { colspan: { default: 12, s: 3 } },
  { colspan: { default: 12, s: 4 } },
  { colspan: { default: 12, s: 5 } },
];

const MINUTES: Readonly<Record<string, number>> = {
  second: 1 / 60,
  minute: 1,
  hour: 60,
  day: 1440,
  week: 10_080,
};

function timesOf(range: DateRangePickerProps.Value | null): Pick<EventSearch, 'from' | 'to'> {
  if (range === null) return {};
  if (range.type === 'absolute') return { from: new Date(range.startDate), to: new Date(range.endDate) };
  // Months and years are not offered, and taken for thirty days.
  const minutes = range.amount * (MINUTES[range.unit] ?? 43_200);
  return { from: new Date(serverTime() - minutes * 60_000) };
}

function rangeOf({ from, to }: EventSearch): DateRangePickerProps.AbsoluteValue | null {
  if (from === undefined) return null;
  return {
    type: 'absolute',
    startDate: from.toISOString(),
    endDate: (to ?? new Date(serverTime())).toISOString(),
  };
}

function validityOf(range: DateRangePickerProps.Value | null): DateRangePickerProps.ValidationResult {
  if (range?.type !== 'absolute') return { valid: true };
  const { startDate, endDate } = range;
  if (startDate === '' || endDate === '') return { valid: false, errorMessage: 'Choose both ends.' };
  return new Date(startDate) <= new Date(endDate)
    ? { valid: true }
    : { valid: false, errorMessage: 'The start must not be after the end.' };
}
