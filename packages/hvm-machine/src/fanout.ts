/** Listeners that come and go. */
export class Fanout {
  #listeners: readonly ((bytes: Uint8Array) => void)[] = [];

  add(listener: (bytes: Uint8Array) => void): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((other) => other !== listener);
    };
  }

  send(bytes: Uint8Array): void {
    for (const listener of this.#listeners) listener(bytes);
  }
}
