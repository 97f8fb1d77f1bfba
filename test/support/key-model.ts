import { DAY } from './due-work.ts';

/*
 * A simple model of the life of a symmetric encryption key, in one Region or several: what its state, its rotation and
 * its material are after a sequence of calls. Dates are milliseconds since the Unix epoch.
 */

export type State = 'Enabled' | 'Disabled' | 'PendingImport' | 'PendingDeletion' | 'PendingReplicaDeletion';

/** The key in one Region. */
export interface Member {
  state: State;
  deletionDate?: number | undefined;
  /** The waiting period that begins when the last replica is gone, in days. */
  windowInDays?: number | undefined;
}

export interface Material {
  readonly id: string;
  rotation?: { readonly type: 'AUTOMATIC' | 'ON_DEMAND'; readonly date: number };
  /** Imported, and not current yet. */
  pending: boolean;
  present: boolean;
  validTo?: number | undefined;
  /** Imported material itself. */
  readonly bytes?: Uint8Array;
}

/** What is to happen by itself. */
export type DueWork =
  | { readonly work: 'deletion'; readonly region: string }
  | { readonly work: 'expiry'; readonly region: string; readonly id: string }
  | { readonly work: 'rotation'; readonly region: string; readonly date: number };

export interface Ciphertext {
  readonly blob: Uint8Array;
  readonly plaintext: string;
  readonly materialId: string;
}

const ON_DEMAND_ROTATIONS = 25;
const CONFLICT_WINDOW = 20 * 60_000;

const INVALID_STATE = 'KMSInvalidStateException';
const UNSUPPORTED = 'UnsupportedOperationException';

/**
 * The key. What would refuse a call is told as wire codes, any of which may be answered; which of them comes first is
 * the matter of other tests.
 */
export class KeyModel {
  readonly isImported: boolean;
  readonly members = new Map<string, Member>();
  primary: string;
  rotation: { readonly periodInDays: number; readonly nextDate: number } | undefined;
  materials: Material[] = [];
  currentId: string | undefined;
  readonly ciphertexts: Ciphertext[] = [];

  /** @param firstId the id of the first material; without it that is to be imported */
  constructor(region: string, firstId?: string) {
    this.isImported = firstId === undefined;
    this.primary = region;
    this.currentId = firstId;
    this.members.set(region, { state: this.isImported ? 'PendingImport' : 'Enabled' });
    if (firstId !== undefined) this.materials.push({ id: firstId, pending: false, present: true });
  }

  get replicas(): readonly string[] {
    return [...this.members.keys()].filter((region) => region !== this.primary).sort();
  }

  get isComplete(): boolean {
    const permanent = this.materials.filter(({ pending }) => !pending);
    return permanent.length > 0 && permanent.every(({ present }) => present);
  }

  get pendingMaterial(): Material | undefined {
    return this.materials.find(({ pending }) => pending);
  }

  stateIn(region: string): State | undefined {
    return this.members.get(region)?.state;
  }

  /** Why nothing can be done with a key in its state, unless the state is one of those given. */
  refusalsOfState(region: string, ...good: readonly State[]): string[] {
    const state = this.stateIn(region);
    if (state === undefined) return ['NotFoundException'];
    if (good.includes(state)) return [];
    return [state === 'Disabled' ? 'DisabledException' : INVALID_STATE];
  }

  refusalsOfCancellation(region: string): string[] {
    const state = this.stateIn(region);
    if (state === undefined) return ['NotFoundException'];
    return state.endsWith('Deletion') ? [] : [INVALID_STATE];
  }

  refusalsOfSchedule(region: string): string[] {
    const isSupported = !this.isImported && region === this.primary;
    return [...this.refusalsOfState(region, 'Enabled'), ...(isSupported ? [] : [UNSUPPORTED])];
  }

  refusalsOfRotation(region: string, now: number): string[] {
    const onDemand = this.materials.filter(({ rotation }) => rotation?.type === 'ON_DEMAND');
    const untilNext = this.rotation === undefined ? Number.POSITIVE_INFINITY : this.rotation.nextDate - now;
    return [
      ...this.refusalsOfState(region, 'Enabled'),
      ...(region === this.primary ? [] : [UNSUPPORTED]),
      ...(onDemand.length < ON_DEMAND_ROTATIONS ? [] : ['LimitExceededException']),
      ...(untilNext > CONFLICT_WINDOW ? [] : ['ConflictException']),
      ...(this.isImported && this.pendingMaterial === undefined ? [INVALID_STATE] : []),
    ];
  }

  refusalsOfImport(region: string, isNew: boolean): string[] {
    const codes = this.refusalsOfState(region, 'Enabled', 'Disabled', 'PendingImport');
    return isNew && this.pendingMaterial !== undefined ? [...codes, INVALID_STATE] : codes;
  }

  refusalsOfMaterialDeletion(region: string): string[] {
    return this.members.has(region) ? [] : ['NotFoundException'];
  }

  refusalsOfReplication(from: string, to: string): string[] {
    return [
      ...this.refusalsOfState(from, 'Enabled'),
      ...(from === this.primary && to !== from ? [] : [UNSUPPORTED]),
      ...(this.members.has(to) ? ['AlreadyExistsException'] : []),
    ];
  }

  refusalsOfPromotion(from: string, to: string): string[] {
    return [
      ...this.refusalsOfState(from, 'Enabled'),
      ...this.refusalsOfState(to, 'Enabled'),
      ...(from === this.primary && to !== from ? [] : [UNSUPPORTED]),
    ];
  }

  schedule(periodInDays: number, now: number): void {
    if (this.rotation?.periodInDays === periodInDays) return;
    this.rotation = { periodInDays, nextDate: now + periodInDays * DAY };
  }

  /** The first thing that is to have happened by now. */
  due(now: number): DueWork | undefined {
    for (const [region, { deletionDate = now + 1 }] of this.members)
      if (deletionDate <= now) return { work: 'deletion', region };
    const region = this.primary;
    const state = this.stateIn(region);
    if (state === undefined) return undefined;
    for (const { id, validTo = now + 1 } of this.materials)
      if (validTo <= now) return { work: 'expiry', region, id };
    const { nextDate: date = now + 1 } = this.rotation ?? {};
    return state === 'Enabled' && date <= now ? { work: 'rotation', region, date } : undefined;
  }

  /** Rotation to new material. */
  rotate(id: string, type: 'AUTOMATIC' | 'ON_DEMAND', date: number): void {
    this.materials.push({ id, rotation: { type, date }, pending: false, present: true });
    this.currentId = id;
    if (type === 'AUTOMATIC' && this.rotation !== undefined) {
      const { periodInDays } = this.rotation;
      this.rotation = { periodInDays, nextDate: date + periodInDays * DAY };
    }
  }

  /** Rotation to the material that is pending. */
  promoteMaterial(date: number): void {
    const material = this.pendingMaterial;
    if (material === undefined) return;
    material.pending = false;
    material.rotation = { type: 'ON_DEMAND', date };
    this.currentId = material.id;
  }

  scheduleDeletion(region: string, days: number, now: number): void {
    const waits = region === this.primary && this.replicas.length > 0;
    this.members.set(
      region,
      waits
        ? { state: 'PendingReplicaDeletion', windowInDays: days }
        : { state: 'PendingDeletion', deletionDate: now + days * DAY },
    );
  }

  cancelDeletion(region: string): void {
    this.members.set(region, { state: this.isComplete ? 'Disabled' : 'PendingImport' });
  }

  /** The primary key has waited for its last replica, which is gone now. */
  get isPrimaryFree(): boolean {
    return this.stateIn(this.primary) === 'PendingReplicaDeletion' && this.replicas.length === 0;
  }

  importMaterial(id: string, bytes: Uint8Array, validTo: number | undefined): void {
    const known = this.materials.find((material) => material.id === id);
    if (known !== undefined) Object.assign(known, { present: true, validTo });
    else this.materials.push({ id, bytes, pending: this.materials.length > 0, present: true, validTo });
    this.currentId ??= id;
    this.#follow();
  }

  /** Imported material that is deleted, or has expired. */
  loseMaterial(id: string | undefined): void {
    const material = this.materials.find((one) => one.id === id);
    if (material === undefined) return;
    if (material.pending) this.materials = this.materials.filter((one) => one !== material);
    else Object.assign(material, { present: false, validTo: undefined });
    this.#follow();
  }

  /** The state follows from which material is there. */
  #follow(): void {
    for (const member of this.members.values()) {
      if (member.state.endsWith('Deletion')) continue;
      if (!this.isComplete) member.state = 'PendingImport';
      else if (member.state === 'PendingImport') member.state = 'Enabled';
    }
  }
}
