import { usagesBySpec } from 'virtual:key-specs';
import PropertyFilter, { type PropertyFilterProps } from '@cloudscape-design/components/property-filter';
import type { FoundKey } from '../api/own-operations.ts';
import { type KeyQuery, MULTI_REGION, PROPERTIES, type Property, SINGLE_REGION } from './key-query.ts';
import { KEY_STATES, nameOfState } from './key-state.tsx';

/** Asks which keys to show. */
export function KeyFilter({
  query,
  keys,
  countText,
  loading,
  onChange,
}: {
  readonly query: KeyQuery;
  /** Keys whose tags are offered. */
  readonly keys: readonly FoundKey[];
  readonly countText: string;
  readonly loading: boolean;
  readonly onChange: (query: KeyQuery) => void;
}) {
  return (
    <PropertyFilter
      query={{ operation: 'and', tokens: tokensOf(query) }}
      onChange={({ detail }) => onChange(queryOf(detail.tokens))}
      filteringProperties={FILTERING_PROPERTIES}
      filteringOptions={[...OPTIONS, ...tagOptions(keys)]}
      freeTextFiltering={{ operators: [':'], defaultOperator: ':' }}
      readOnlyOperations
      countText={countText}
      loading={loading}
      expandToViewport
      filteringAriaLabel="Filter keys"
      filteringPlaceholder="Filter by alias, description, key ID, state, tag, …"
      i18nStrings={{ allPropertiesLabel: 'Key ID, alias or description' }}
    />
  );
}

/** What a key has one of, with the values there are. */
const CHOICES: readonly {
  readonly key: Property;
  readonly label: string;
  readonly group: string;
  readonly values: readonly string[];
  readonly nameOf?: (value: string) => string;
}[] = [
  { key: 'state', label: 'State', group: 'States', values: KEY_STATES, nameOf: nameOfState },
  { key: 'spec', label: 'Spec', group: 'Specs', values: Object.keys(usagesBySpec) },
  { key: 'usage', label: 'Usage', group: 'Usages', values: [...new Set(Object.values(usagesBySpec).flat())] },
  { key: 'origin', label: 'Origin', group: 'Origins', values: ['AWS_KMS', 'EXTERNAL'] },
  { key: 'manager', label: 'Key manager', group: 'Key managers', values: ['CUSTOMER', 'AWS'] },
  { key: 'regions', label: 'Regions', group: 'Regions', values: [MULTI_REGION, SINGLE_REGION] },
];

const FILTERING_PROPERTIES: readonly PropertyFilterProps.FilteringProperty[] = [
  ...CHOICES.map(({ key, label, group, nameOf = (value: string) => value }) => ({
    key,
    propertyLabel: label,
    groupValuesLabel: group,
    operators: [
      {
        operator: '=' as const,
        tokenType: 'enum' as const,
        format: (values: unknown) => valuesOf(values).map(nameOf).join(', '),
      },
    ],
  })),
  { key: 'tag', propertyLabel: 'Tag', groupValuesLabel: 'Tags (key, or key=value)', operators: ['='] },
];

const OPTIONS: readonly PropertyFilterProps.FilteringOption[] = CHOICES.flatMap(({ key, values, nameOf }) =>
  values.map((value) => ({ propertyKey: key, value, label: nameOf?.(value) ?? value })),
);

function tagOptions(keys: readonly FoundKey[]): readonly PropertyFilterProps.FilteringOption[] {
  const tags = keys.flatMap(({ Tags = [] }) => Tags);
  const texts = tags.flatMap(({ TagKey, TagValue }) => [TagKey, `${TagKey}=${TagValue}`]);
  return [...new Set(texts)].sort().map((value) => ({ propertyKey: 'tag', value }));
}

function isChoice(property: Property): boolean {
  return CHOICES.some(({ key }) => key === property);
}

function tokensOf(query: KeyQuery): readonly PropertyFilterProps.Token[] {
  return PROPERTIES.flatMap((property): readonly PropertyFilterProps.Token[] => {
    const values = query[property] ?? [];
    if (values.length === 0) return [];
    if (property === 'text') return values.map((value) => ({ operator: ':', value }));
    if (!isChoice(property)) return values.map((value) => ({ propertyKey: property, operator: '=', value }));
    return [{ propertyKey: property, operator: '=', value: values }];
  });
}

/** Tokens of the same choice become one. */
function queryOf(tokens: readonly PropertyFilterProps.Token[]): KeyQuery {
  const byProperty = Map.groupBy(tokens, ({ propertyKey = 'text' }) => propertyKey);
  return Object.fromEntries(
    [...byProperty].map(([property, same]) => [
      property,
      [...new Set(same.flatMap(({ value }) => valuesOf(value)).filter((value) => value !== ''))],
    ]),
  );
}

function valuesOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]).map((each) => String(each ?? '').trim());
}
