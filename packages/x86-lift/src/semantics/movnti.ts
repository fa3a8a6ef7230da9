import type { Semantics, SemanticsTable } from "../lift.ts";

/** Non-temporal and direct stores are plain stores: the machine has no caches to pass by. */
const store: Semantics = (b) => {
  b.write(0, b.read(1));
  b.next();
};

export const semantics: SemanticsTable = { movnti: store, movdiri: store };
