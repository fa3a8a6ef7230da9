/** The last `capacity` items, oldest first. Older ones are overwritten and counted. */
export class Ring<T> {
  readonly capacity: number;
  #items: (T | undefined)[] = [];
  #next = 0;
  #pushed = 0;

  /** `capacity` ≥ 1. */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`ring capacity must be at least 1, got ${capacity}`);
    this.capacity = capacity;
  }

  push(item: T): void {
    this.#items[this.#next] = item;
    this.#next = this.#next + 1 === this.capacity ? 0 : this.#next + 1;
    this.#pushed++;
  }

  /** How many items were overwritten. */
  get lost(): number {
    return Math.max(0, this.#pushed - this.capacity);
  }

  get length(): number {
    return Math.min(this.#pushed, this.capacity);
  }

  toArray(): T[] {
    const start = this.#pushed > this.capacity ? this.#next : 0;
    const items: T[] = [];
    for (let i = 0; i < this.length; i++) items.push(this.#items[(start + i) % this.capacity] as T);
    return items;
  }

  clear(): void {
    this.#items = [];
    this.#next = 0;
    this.#pushed = 0;
  }
}
