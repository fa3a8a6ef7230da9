/** What an instruction has already got from, or given to, memory that no RAM backs. */
export interface DoneAccess {
  readonly gpa: number;
  readonly size: number;
  readonly write: boolean;
  /** Read: the bytes that the hypervisor answered. */
  readonly data: Uint8Array;
}

/**
 * MMIO accesses leave to the hypervisor before anything of the instruction has happened, and the instruction then
 * runs again from its start. Accesses that the hypervisor has completed are answered from here, in order, so that no
 * device sees one twice. The list belongs to one execution of one instruction: it ends when `retired` moves on.
 */
export class MmioReplay {
  private readonly done: DoneAccess[] = [];
  private next = 0;
  private retired = -1;

  /** Does the instruction at this count still have answers waiting? Events must not come between. */
  isPending(retired: number): boolean {
    return this.retired === retired && this.done.length > 0;
  }

  /** Has it anything, of whichever instruction? */
  get isUsed(): boolean {
    return this.done.length > 0;
  }

  /** The instruction is about to start (again). */
  restart(): void {
    this.next = 0;
  }

  clear(): void {
    if (this.done.length === 0) return;
    this.done.length = 0;
    this.next = 0;
    this.retired = -1;
  }

  /** The hypervisor has done this access. At most a few per instruction: no instruction makes more than 64. */
  complete(retired: number, gpa: number, size: number, write: boolean, data: Uint8Array): void {
    if (this.retired !== retired || this.done.length >= 64) this.clear();
    this.retired = retired;
    this.done.push({ gpa, size, write, data: data.slice(0, size) });
  }

  /** The answer to the next access if it was done already. */
  take(retired: number, gpa: number, size: number, write: boolean): Uint8Array | undefined {
    if (this.retired !== retired) return undefined;
    const access = this.done[this.next];
    if (access === undefined || access.gpa !== gpa || access.size !== size || access.write !== write) return undefined;
    this.next++;
    return access.data;
  }

  /** What the instruction at this count has behind it. */
  save(retired: number): readonly DoneAccess[] {
    return this.isPending(retired) ? this.done.map((access) => ({ ...access, data: access.data.slice() })) : [];
  }

  load(retired: number, accesses: readonly DoneAccess[]): void {
    this.clear();
    for (const { gpa, size, write, data } of accesses) this.complete(retired, gpa, size, write, data);
  }
}
