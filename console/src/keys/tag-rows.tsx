import AttributeEditor from '@cloudscape-design/components/attribute-editor';
import Input from '@cloudscape-design/components/input';

export interface TagRow {
  readonly key: string;
  readonly value: string;
}

/** Tags that can be edited. */
export function TagRows({
  tags,
  onChange,
}: {
  readonly tags: readonly TagRow[];
  readonly onChange: (tags: readonly TagRow[]) => void;
}) {
  const set = (index: number, part: Partial<TagRow>) =>
    onChange(tags.map((tag, at) => (at === index ? { ...tag, ...part } : tag)));
  return (
    <AttributeEditor
      items={tags}
      addButtonText="Add tag"
      removeButtonText="Remove"
      empty="No tags."
      disableAddButton={tags.length >= MOST_TAGS}
      onAddButtonClick={() => onChange([...tags, { key: '', value: '' }])}
      onRemoveButtonClick={({ detail }) => onChange(tags.toSpliced(detail.itemIndex, 1))}
      definition={[
        {
          label: 'Tag key',
          control: ({ key }, index) => (
            <Input value={key} onChange={({ detail }) => set(index, { key: detail.value })} />
          ),
        },
        {
          label: 'Tag value',
          control: ({ value }, index) => (
            <Input value={value} onChange={({ detail }) => set(index, { value: detail.value })} />
          ),
        },
      ]}
    />
  );
}

const MOST_TAGS = 50;
