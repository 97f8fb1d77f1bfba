/**
 * The small language in which request and response shapes are declared.
 *
 * A shape is frozen plain data; what is done with it (decoding, validating, encoding, documenting) are
 * separate interpreters over that data. `ValueOf` gives the TypeScript type of the values a shape admits,
 * so a declaration is the only place where a member's name, type and constraints are written.
 *
 * Lengths and ranges follow the AWS KMS service model: strings count UTF-16 units, blobs decoded bytes,
 * both bounds are inclusive.
 */

export interface Bounds {
  readonly min?: number;
  readonly max?: number;
}

export interface StringShape<T extends string = string> extends Bounds {
  readonly kind: 'string';
  /** A regular expression that the whole value must match, as the service model writes it. */
  readonly pattern?: string;
  /** The closed set of values, for enumerations. */
  readonly values?: readonly T[];
  /** It is secret: refusals do not repeat it. */
  readonly sensitive?: true;
}

export interface IntegerShape extends Bounds {
  readonly kind: 'integer';
}

export interface BooleanShape {
  readonly kind: 'boolean';
}

/** Bytes; base64 with padding on the wire. */
export interface BlobShape extends Bounds {
  readonly kind: 'blob';
}

/** A `Date`; a number of seconds since the Unix epoch on the wire. */
export interface TimestampShape {
  readonly kind: 'timestamp';
}

export interface ListShape<M extends Shape = Shape> extends Bounds {
  readonly kind: 'list';
  readonly member: M;
}

/** A map from strings to strings or integers, the only kinds of map in the service models. */
export interface MapShape<V extends StringShape | IntegerShape = StringShape | IntegerShape> {
  readonly kind: 'map';
  readonly value: V;
}

export interface StructureShape<M extends Members = Members> {
  readonly kind: 'structure';
  readonly members: M;
}

export type Shape =
  | StringShape
  | IntegerShape
  | BooleanShape
  | BlobShape
  | TimestampShape
  | ListShape
  | MapShape
  | StructureShape;

/** A member of a structure: its shape, whether it must be present, and what it means. */
export interface Member<S extends Shape = Shape, R extends boolean = boolean> {
  readonly shape: S;
  readonly required: R;
  readonly description: string;
}

export type Members = Readonly<Record<string, Member>>;

/** The TypeScript type of the values that a shape admits. */
export type ValueOf<S extends Shape> =
  S extends StringShape<infer T>
    ? T
    : S extends IntegerShape
      ? number
      : S extends BooleanShape
        ? boolean
        : S extends BlobShape
          ? Uint8Array
          : S extends TimestampShape
            ? Date
            : S extends ListShape<infer M>
              ? readonly ValueOf<M>[]
              : S extends MapShape<infer V>
                ? Readonly<Record<string, ValueOf<V>>>
                : S extends StructureShape<infer M>
                  ? StructureValue<M>
                  : never;

type StructureValue<M extends Members> = {
  readonly [K in keyof M as M[K]['required'] extends true ? K : never]: ValueOf<M[K]['shape']>;
} & {
  readonly [K in keyof M as M[K]['required'] extends true ? never : K]?: ValueOf<M[K]['shape']> | undefined;
};

/** A string, optionally bounded in length or held to a pattern. */
export function string(
  constraints: Bounds & { readonly pattern?: string; readonly sensitive?: true } = {},
): StringShape {
  return Object.freeze({ kind: 'string', ...constraints });
}

/** A string out of a closed set. */
export function enumeration<const T extends string>(...values: readonly T[]): StringShape<T> {
  return Object.freeze({ kind: 'string', values: Object.freeze(values) });
}

/** A 32-bit signed integer, optionally bounded. */
export function integer(bounds: Bounds = {}): IntegerShape {
  return Object.freeze({ kind: 'integer', ...bounds });
}

export const boolean: BooleanShape = Object.freeze({ kind: 'boolean' });

export const timestamp: TimestampShape = Object.freeze({ kind: 'timestamp' });

/** Bytes, optionally bounded in length. */
export function blob(bounds: Bounds = {}): BlobShape {
  return Object.freeze({ kind: 'blob', ...bounds });
}

export function list<S extends Shape>(member: S, bounds: Bounds = {}): ListShape<S> {
  return Object.freeze({ kind: 'list', member, ...bounds });
}

/** A map from strings to values of a shape. */
export function map<V extends StringShape | IntegerShape>(value: V): MapShape<V> {
  return Object.freeze({ kind: 'map', value });
}

export const stringMap: MapShape<StringShape> = map(string());

export function structure<const M extends Members>(members: M): StructureShape<M> {
  return Object.freeze({ kind: 'structure', members: Object.freeze(members) });
}

export function required<S extends Shape>(shape: S, description: string): Member<S, true> {
  return Object.freeze({ shape, required: true, description });
}

export function optional<S extends Shape>(shape: S, description: string): Member<S, false> {
  return Object.freeze({ shape, required: false, description });
}
