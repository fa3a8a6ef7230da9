/**
 * The guestinfo.* variables: set by the person who runs the machine, read and written by the guest.
 *
 * Names are compared without regard to case, as .vmx files do (Ignition asks for `guestinfo.ovfenv`, cloud-init for
 * `guestinfo.ovfEnv`), and keep the spelling they were first given. They are stored without the `guestinfo.` in front.
 */
import { decodeText, encodeText, fromHex, toHex } from "./text.ts";

export interface GuestinfoLimits {
  /** Longest name in bytes, without `guestinfo.`. Default 128. */
  readonly maxKeyBytes: number;
  /** Longest value the guest may set. Default 65,536, the longest message. */
  readonly maxValueBytes: number;
  /** Most variables the guest may have set at a time. Default 1024. */
  readonly maxKeys: number;
  /** Most bytes, names and values together, that the guest may have set. Default 1 MiB, VMware's tools.setInfo.sizeLimit. */
  readonly maxTotalBytes: number;
  /** Longest value the host may set. Default 16 MiB. */
  readonly maxHostValueBytes: number;
}

export const defaultGuestinfoLimits: GuestinfoLimits = {
  maxKeyBytes: 128,
  maxValueBytes: 0x1_0000,
  maxKeys: 1024,
  maxTotalBytes: 0x10_0000,
  maxHostValueBytes: 0x100_0000,
};

export type GuestinfoErrorCode =
  | "bad-key"
  | "key-too-long"
  | "value-too-long"
  | "nul-byte"
  | "too-many-keys"
  | "too-much-data";

/** Why a value was not stored. */
export interface GuestinfoError {
  readonly code: GuestinfoErrorCode;
  readonly message: string;
}

export type GuestinfoOrigin = "host" | "guest";

export interface GuestinfoEntry {
  /** Without `guestinfo.`, in its first spelling. */
  readonly key: string;
  readonly value: Uint8Array;
  readonly origin: GuestinfoOrigin;
}

export interface GuestinfoChange {
  readonly key: string;
  /** `undefined`: removed. */
  readonly value: Uint8Array | undefined;
  readonly origin: GuestinfoOrigin;
}

export interface GuestinfoSave {
  readonly version: 1;
  readonly entries: readonly { readonly key: string; readonly valueHex: string; readonly origin: GuestinfoOrigin }[];
}

export interface GuestinfoStore {
  /** The value as text (UTF-8), or `undefined`. `key` may begin with `guestinfo.`. */
  get(key: string): string | undefined;
  getBytes(key: string): Uint8Array | undefined;
  /** Stores a value; returns why not, if not. `origin` defaults to `host`. */
  set(key: string, value: string | Uint8Array, origin?: GuestinfoOrigin): GuestinfoError | undefined;
  /** True if there was one. */
  delete(key: string, origin?: GuestinfoOrigin): boolean;
  /** All variables in the order of their first setting. */
  list(): readonly GuestinfoEntry[];
  /** Keys and values as text: `{ hostname: "web" }`. */
  snapshot(): Record<string, string>;
  /** Called after each change; returns the function that ends it. */
  watch(watcher: (change: GuestinfoChange) => void): () => void;
  save(): GuestinfoSave;
  load(state: GuestinfoSave): void;
}

export interface GuestinfoStoreOptions {
  /** Values at start; keys with or without `guestinfo.`. A value that breaks a limit throws a RangeError. */
  readonly initial?: Readonly<Record<string, string | Uint8Array>>;
  readonly limits?: Partial<GuestinfoLimits>;
}

const PREFIX = "guestinfo.";

/** The name without its prefix. */
export const bareKey = (key: string): string =>
  key.slice(0, PREFIX.length).toLowerCase() === PREFIX ? key.slice(PREFIX.length) : key;

export function createGuestinfoStore(options: GuestinfoStoreOptions = {}): GuestinfoStore {
  const limits: GuestinfoLimits = { ...defaultGuestinfoLimits, ...options.limits };
  let entries = new Map<string, GuestinfoEntry>();
  let watchers: readonly ((change: GuestinfoChange) => void)[] = [];
  /** What the guest has set, so that its limits cost nothing to check. */
  let guestKeys = 0;
  let guestBytes = 0;

  const sizeOf = (entry: GuestinfoEntry): number => entry.key.length + entry.value.length;
  const account = (entry: GuestinfoEntry | undefined, sign: 1 | -1): void => {
    if (entry?.origin !== "guest") return;
    guestKeys += sign;
    guestBytes += sign * sizeOf(entry);
  };
  const notify = (change: GuestinfoChange): void => {
    for (const watcher of watchers) watcher(change);
  };

  const check = (key: string, value: Uint8Array, origin: GuestinfoOrigin): GuestinfoError | undefined => {
    const error = (code: GuestinfoErrorCode, message: string): GuestinfoError => ({ code, message });
    if (key === "" || /[\0-\x20\x7f=]/.test(key)) {
      return error(
        "bad-key",
        `guestinfo key ${JSON.stringify(key)}: must be non-empty, without blanks, control characters or "="`,
      );
    }
    if (encodeText(key).length > limits.maxKeyBytes) {
      return error("key-too-long", `guestinfo key of ${encodeText(key).length} bytes; at most ${limits.maxKeyBytes}`);
    }
    const most = origin === "host" ? limits.maxHostValueBytes : limits.maxValueBytes;
    if (value.length > most) {
      return error("value-too-long", `guestinfo.${key}: value of ${value.length} bytes; at most ${most}`);
    }
    if (value.includes(0)) {
      return error(
        "nul-byte",
        `guestinfo.${key}: value holds a NUL byte, where guests would cut it; encode it as base64`,
      );
    }
    if (origin === "host") return undefined;
    const old = entries.get(key.toLowerCase());
    const mine = old?.origin === "guest" ? old : undefined;
    if (mine === undefined && guestKeys >= limits.maxKeys) {
      return error("too-many-keys", `the guest has set ${guestKeys} guestinfo keys already; at most ${limits.maxKeys}`);
    }
    const total = guestBytes - (mine === undefined ? 0 : sizeOf(mine)) + key.length + value.length;
    if (total > limits.maxTotalBytes) {
      return error("too-much-data", `the guest's guestinfo would take ${total} bytes; at most ${limits.maxTotalBytes}`);
    }
    return undefined;
  };

  const store: GuestinfoStore = {
    get(key) {
      const value = store.getBytes(key);
      return value === undefined ? undefined : decodeText(value);
    },
    getBytes: (key) => entries.get(bareKey(key).toLowerCase())?.value,
    set(key, value, origin = "host") {
      const bare = bareKey(key);
      const bytes = typeof value === "string" ? encodeText(value) : value.slice();
      const error = check(bare, bytes, origin);
      if (error !== undefined) return error;
      const id = bare.toLowerCase();
      const old = entries.get(id);
      const entry: GuestinfoEntry = { key: old?.key ?? bare, value: bytes, origin };
      account(old, -1);
      account(entry, 1);
      entries.set(id, entry);
      notify(entry);
      return undefined;
    },
    delete(key, origin = "host") {
      const id = bareKey(key).toLowerCase();
      const old = entries.get(id);
      if (old === undefined) return false;
      account(old, -1);
      entries.delete(id);
      notify({ key: old.key, value: undefined, origin });
      return true;
    },
    list: () => [...entries.values()],
    snapshot: () => Object.fromEntries([...entries.values()].map((entry) => [entry.key, decodeText(entry.value)])),
    watch(watcher) {
      watchers = [...watchers, watcher];
      return () => {
        watchers = watchers.filter((other) => other !== watcher);
      };
    },
    save: () => ({
      version: 1,
      entries: [...entries.values()].map(({ key, value, origin }) => ({ key, valueHex: toHex(value), origin })),
    }),
    load(state) {
      if (state.version !== 1) throw new RangeError(`guestinfo: state version ${state.version}, expected 1`);
      entries = new Map();
      guestKeys = 0;
      guestBytes = 0;
      for (const { key, valueHex, origin } of state.entries) {
        const entry: GuestinfoEntry = { key, value: fromHex(valueHex), origin };
        entries.set(key.toLowerCase(), entry);
        account(entry, 1);
      }
    },
  };

  for (const [key, value] of Object.entries(options.initial ?? {})) {
    const error = store.set(key, value);
    if (error !== undefined) throw new RangeError(error.message);
  }
  return store;
}
