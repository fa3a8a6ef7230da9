import type { PortHandler } from "./access.ts";
import { formatPortRange, PortioError } from "./errors.ts";

export const PORT_COUNT = 0x1_0000;

/** Room for every device of a PC many times over, and a bound on what a buggy caller can pile up. */
export const MAX_CLAIMS = 1024;

export interface Claim<C> {
  base: number;
  /** First port after the claim. */
  end: number;
  readonly priority: number;
  readonly layered: boolean;
  readonly handler: PortHandler<C>;
  /** Registration order, which breaks ties of priority. */
  readonly order: number;
}

/**
 * Port → claims in the order in which they are asked. The table holds one small number per port, an index of an interned
 * list, so that a lookup is two array reads and a bus costs 128 KiB.
 */
export class ClaimTable<C> {
  readonly #index = new Uint16Array(PORT_COUNT);
  #lists: (readonly Claim<C>[])[] = [[]];
  #claims: Claim<C>[] = [];
  /** Claims have changed since the table was built; the next lookup builds it. */
  #stale = false;

  /** Claims that cover `port`, in asking order. `port` must be 0..0xffff. */
  at(port: number): readonly Claim<C>[] {
    if (this.#stale) this.#rebuild();
    return this.#lists[this.#index[port] as number] as readonly Claim<C>[];
  }

  get claims(): readonly Claim<C>[] {
    return this.#claims;
  }

  add(claim: Claim<C>): void {
    if (this.#claims.length >= MAX_CLAIMS) {
      throw new PortioError("too-many-claims", `${claim.handler.name}: the bus already holds ${MAX_CLAIMS} claims`);
    }
    this.#check(claim.base, claim.end, claim);
    this.#claims.push(claim);
    this.#stale = true;
  }

  remove(claim: Claim<C>): void {
    this.#claims = this.#claims.filter((other) => other !== claim);
    this.#stale = true;
  }

  move(claim: Claim<C>, base: number): void {
    const end = base + (claim.end - claim.base);
    this.#check(base, end, claim);
    claim.base = base;
    claim.end = end;
    this.#stale = true;
  }

  #check(base: number, end: number, claim: Claim<C>): void {
    const whole = Number.isInteger(base) && Number.isInteger(end);
    if (!whole || base < 0 || end <= base || end > PORT_COUNT) {
      throw new PortioError(
        "bad-range",
        `${claim.handler.name}: a port range needs 0 <= base, 1 <= size and base + size <= 0x10000; got base ${base}, size ${end - base}`,
      );
    }
    if (claim.layered) return;
    const other = this.#claims.find((taken) => taken !== claim && base < taken.end && taken.base < end);
    if (other !== undefined) {
      const wanted = formatPortRange(base, end - base);
      const taken = formatPortRange(other.base, other.end - other.base);
      throw new PortioError(
        "overlap",
        `${claim.handler.name}: ${wanted} overlaps ${taken} of ${other.handler.name}; pass overlap: "layer" if both should answer`,
      );
    }
  }

  #rebuild(): void {
    this.#stale = false;
    const ordered = [...this.#claims].sort((a, b) => b.priority - a.priority || a.order - b.order);
    const edges = [...new Set(ordered.flatMap((claim) => [claim.base, claim.end]))].sort((a, b) => a - b);
    this.#index.fill(0);
    this.#lists = [[]];
    for (let i = 0; i + 1 < edges.length; i++) {
      const from = edges[i] as number;
      const to = edges[i + 1] as number;
      const list = ordered.filter((claim) => claim.base <= from && to <= claim.end);
      if (list.length === 0) continue;
      this.#lists.push(list);
      this.#index.fill(this.#lists.length - 1, from, to);
    }
  }
}
