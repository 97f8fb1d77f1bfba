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
  /** Imported material itself. */
  readonly bytes?: Uint8Array;
  /** The Regions in which imported material is there, and when it expires in them. */
  readonly imports: Map<string, { readonly validTo: number | undefined }>;
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
    if (firstId !== undefined) this.materials.push({ id: firstId, pending: false, imports: new Map() });
  }

  get replicas(): readonly string[] {
    return [...this.members.keys()].filter((region) => region !== this.primary).sort();
  }

  /** Whether all material is there in a Region that the key has ever worked with. */
  isCompleteIn(region: string): boolean {
    const permanent = this.materials.filter(({ pending }) => !pending);
    return permanent.length > 0 && permanent.every((material) => this.isPresent(material, region));
  }

  isPresent({ imports }: Material, region: string): boolean {
    return !this.isImported || imports.has(region);
  }

  get pendingMaterial(): Material | undefined {
    return this.materials.find(({ pending }) => pending);
  }

  /** Whether material has been imported in every Region. */
  isEverywhere(material: Material): boolean {
    return [...this.members.keys()].every((region) => this.isPresent(material, region));
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
    const pending = this.pendingMaterial;
    const canPromote = pending !== undefined && this.isEverywhere(pending);
    const untilNext = this.rotation === undefined ? Number.POSITIVE_INFINITY : this.rotation.nextDate - now;
    return [
      ...this.refusalsOfState(region, 'Enabled'),
      ...(region === this.primary ? [] : [UNSUPPORTED]),
      ...(onDemand.length < ON_DEMAND_ROTATIONS ? [] : ['LimitExceededException']),
      ...(untilNext > CONFLICT_WINDOW ? [] : ['ConflictException']),
      ...(this.isImported && !canPromote ? [INVALID_STATE] : []),
    ];
  }

  refusalsOfImport(region: string, isNew: boolean): string[] {
    return [
      ...this.refusalsOfState(region, 'Enabled', 'Disabled', 'PendingImport'),
      ...(isNew && this.pendingMaterial !== undefined ? [INVALID_STATE] : []),
      ...(isNew && region !== this.primary ? [UNSUPPORTED] : []),
    ];
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
    for (const region of this.members.keys())
      for (const { id, imports } of this.materials)
        if ((imports.get(region)?.validTo ?? now + 1) <= now) return { work: 'expiry', region, id };
    const region = this.primary;
    const state = this.stateIn(region);
    const { nextDate: date = now + 1 } = this.rotation ?? {};
    return state === 'Enabled' && date <= now ? { work: 'rotation', region, date } : undefined;
  }

  /** Rotation to new material. */
  rotate(id: string, type: 'AUTOMATIC' | 'ON_DEMAND', date: number): void {
    this.materials.push({ id, rotation: { type, date }, pending: false, imports: new Map() });
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
    this.members.set(region, {
      state: this.isCompleteIn(region) ? 'Disabled' : 'PendingImport',
    });
  }

  replicate(region: string): void {
    this.members.set(region, { state: this.isImported ? 'PendingImport' : 'Enabled' });
  }

  /** What a key is in a Region is gone with it. */
  destroy(region: string): void {
    this.members.delete(region);
    for (const { imports } of this.materials) imports.delete(region);
  }

  /** The primary key has waited for its last replica, which is gone now. */
  get isPrimaryFree(): boolean {
    return this.stateIn(this.primary) === 'PendingReplicaDeletion' && this.replicas.length === 0;
  }

  importMaterial(region: string, id: string, bytes: Uint8Array, validTo: number | undefined): void {
    let material = this.materials.find((one) => one.id === id);
    if (material === undefined) {
      material = { id, bytes, pending: this.materials.length > 0, imports: new Map() };
      this.materials.push(material);
    }
    material.imports.set(region, { validTo });
    this.currentId ??= id;
    this.#follow(region);
  }

  /** Imported material that is deleted, or has expired, in a Region. */
  loseMaterial(region: string, id: string | undefined): void {
    const material = this.materials.find((one) => one.id === id);
    if (material === undefined) return;
    if (material.pending && region === this.primary)
      this.materials = this.materials.filter((one) => one !== material);
    else material.imports.delete(region);
    this.#follow(region);
  }

  /** The state follows from which material is there. */
  #follow(region: string): void {
    const member = this.members.get(region);
    if (member === undefined || member.state.endsWith('Deletion')) return;
    if (!this.isCompleteIn(region)) member.state = 'PendingImport';
    else if (member.state === 'PendingImport') member.state = 'Enabled';
  }
}
