import { fromHex, toHex } from "./text.ts";

/** What the guest's tools have told about themselves. Bounded: a guest that makes names up fills a fixed table. */
export interface ToolsState {
  /** Internal version number, e.g. 12389; `2147483647` is "not managed by the host". */
  version: number | undefined;
  /** 1 msi, 2 tar, 3 osp, 4 open-vm-tools … */
  versionType: number | undefined;
  /** Build number from `log toolbox: Version: build-N` or SetGuestInfo 4. */
  buildNumber: number | undefined;
  /** `tools.capability.NAME` → its argument. */
  readonly capabilities: Map<string, string>;
  /** SetGuestInfo type → the latest data. */
  readonly guestInfo: Map<number, Uint8Array>;
  /** Latest `tools.os.statechange.status`. */
  stateChange: { readonly ok: boolean; readonly state: number } | undefined;
  /** Latest other reports, by verb. */
  readonly reports: Map<string, string>;
}

/** Most capabilities and reports kept. */
export const MAX_TOOLS_ENTRIES = 128;
/** Longest text kept of each. */
export const MAX_TOOLS_TEXT = 1024;

export const createToolsState = (): ToolsState => ({
  version: undefined,
  versionType: undefined,
  buildNumber: undefined,
  capabilities: new Map(),
  guestInfo: new Map(),
  stateChange: undefined,
  reports: new Map(),
});

/** Keeps `value` under `key` unless the table is full of others; long texts are cut. */
export function remember(table: Map<string, string>, key: string, value: string): void {
  const id = key.slice(0, MAX_TOOLS_TEXT);
  if (table.size < MAX_TOOLS_ENTRIES || table.has(id)) table.set(id, value.slice(0, MAX_TOOLS_TEXT));
}

/** A decimal number of at most ten digits, or `undefined`. */
export const parseDecimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^[0-9]{1,10}$/.test(text) ? Number(text) : undefined;

/** {@link ToolsState} as plain data. */
export interface ToolsSave {
  readonly version: number | null;
  readonly versionType: number | null;
  readonly buildNumber: number | null;
  readonly capabilities: readonly { readonly name: string; readonly argument: string }[];
  readonly guestInfo: readonly { readonly type: number; readonly dataHex: string }[];
  readonly stateChange: { readonly ok: boolean; readonly state: number } | null;
  readonly reports: readonly { readonly verb: string; readonly text: string }[];
}

export const saveToolsState = (state: ToolsState): ToolsSave => ({
  version: state.version ?? null,
  versionType: state.versionType ?? null,
  buildNumber: state.buildNumber ?? null,
  capabilities: [...state.capabilities].map(([name, argument]) => ({ name, argument })),
  guestInfo: [...state.guestInfo].map(([type, data]) => ({ type, dataHex: toHex(data) })),
  stateChange: state.stateChange ?? null,
  reports: [...state.reports].map(([verb, text]) => ({ verb, text })),
});

export const loadToolsState = (saved: ToolsSave): ToolsState => ({
  version: saved.version ?? undefined,
  versionType: saved.versionType ?? undefined,
  buildNumber: saved.buildNumber ?? undefined,
  capabilities: new Map(saved.capabilities.map(({ name, argument }) => [name, argument])),
  guestInfo: new Map(saved.guestInfo.map(({ type, dataHex }) => [type, fromHex(dataHex)])),
  stateChange: saved.stateChange ?? undefined,
  reports: new Map(saved.reports.map(({ verb, text }) => [verb, text])),
});
