declare module 'virtual:reference' {
  export const reference: import('../../scripts/reference/model.ts').Reference;
}

declare module 'virtual:guides' {
  /** The guides by name, in Markdown. */
  export const guides: Readonly<Record<string, string>>;
}

declare module 'virtual:policy-vocabulary' {
  export const vocabulary: { readonly actions: readonly string[]; readonly conditionKeys: readonly string[] };
}

declare module 'virtual:key-specs' {
  /** What keys can be for, by their spec. */
  export const usagesBySpec: Readonly<Record<string, readonly string[]>>;
}
