import { describe, expect, it } from "vitest";
import { GuestChannel, GuestPort, RPCI } from "../test/guest.ts";
import { createGuestinfoStore, createGuestrpc, defaultGuestinfoLimits, type GuestinfoLimits } from "./index.ts";

const guest = (limits: Partial<GuestinfoLimits> = {}) => {
  const guestinfo = createGuestinfoStore({ limits });
  return {
    guestinfo,
    call: (text: string) => new GuestChannel(new GuestPort(createGuestrpc({ guestinfo })), RPCI).call(text, true),
  };
};

describe("[vmport-guestrpc] guestinfo store", () => {
  it("names go with or without guestinfo., in any case, and keep their first spelling", () => {
    const store = createGuestinfoStore({ initial: { "guestinfo.ovfEnv": "<?xml" } });
    expect(store.get("ovfenv")).toBe("<?xml");
    expect(store.get("GUESTINFO.OVFENV")).toBe("<?xml");
    store.set("OVFENV", "new");
    expect(store.list().map((entry) => entry.key)).toEqual(["ovfEnv"]);
    expect(store.snapshot()).toEqual({ ovfEnv: "new" });
  });

  it("values are bytes; text goes in and out as UTF-8", () => {
    const store = createGuestinfoStore();
    store.set("a", "zażółć");
    expect(store.get("a")).toBe("zażółć");
    store.set("b", Uint8Array.of(0xff, 0xfe));
    expect([...(store.getBytes("b") ?? [])]).toEqual([0xff, 0xfe]);
  });

  it("does not share memory with its callers", () => {
    const value = Uint8Array.of(65);
    const store = createGuestinfoStore();
    store.set("a", value);
    value[0] = 66;
    expect(store.get("a")).toBe("A");
  });

  it("watchers see every change and who made it, until they are ended", () => {
    const store = createGuestinfoStore();
    const changes: string[] = [];
    const end = store.watch(({ key, value, origin }) =>
      changes.push(`${origin} ${key}=${value === undefined ? "-" : value.length}`),
    );
    store.set("a", "x");
    store.set("a", "yy", "guest");
    expect(store.delete("A")).toBe(true);
    expect(store.delete("A")).toBe(false);
    end();
    store.set("a", "z");
    expect(changes).toEqual(["host a=1", "guest a=2", "host a=-"]);
  });

  it.each([
    ["", "x", "bad-key"],
    ["guestinfo.", "x", "bad-key"],
    ["a b", "x", "bad-key"],
    ["a=b", "x", "bad-key"],
    ["k".repeat(129), "x", "key-too-long"],
    ["a", "x\0y", "nul-byte"],
  ])("refuses key %j value %j: %s", (key, value, code) => {
    expect(createGuestinfoStore().set(key, value)?.code).toBe(code);
  });

  it("a bad initial value is an error with a reason", () => {
    expect(() => createGuestinfoStore({ initial: { "a b": "x" } })).toThrow('guestinfo key "a b": must be non-empty');
  });

  it("the host may set more than the guest", () => {
    const store = createGuestinfoStore();
    const large = "x".repeat(defaultGuestinfoLimits.maxValueBytes + 1);
    expect(store.set("userdata", large)).toBeUndefined();
    expect(store.set("userdata", large, "guest")?.code).toBe("value-too-long");
  });

  it("save and load keep spelling, origin and bytes", () => {
    const store = createGuestinfoStore({ initial: { One: "1" } });
    store.set("two", Uint8Array.of(0xff), "guest");
    const other = createGuestinfoStore();
    other.load(JSON.parse(JSON.stringify(store.save())));
    expect(other.list()).toEqual(store.list());
  });
});

describe("[vmport-guestrpc] guestinfo limits against a guest", () => {
  it("key: 128 bytes pass, 129 do not", () => {
    const { call } = guest();
    expect(call(`info-set guestinfo.${"k".repeat(128)} v`)).toBe("1 ");
    expect(call(`info-set guestinfo.${"k".repeat(129)} v`)).toBe("0 Key is too long");
  });

  it("value: at the limit and over it", () => {
    const { call } = guest({ maxValueBytes: 10 });
    expect(call(`info-set guestinfo.k ${"v".repeat(10)}`)).toBe("1 ");
    expect(call(`info-set guestinfo.k ${"v".repeat(11)}`)).toBe("0 Value too long");
  });

  it("a million keys: the 1025th is refused, old ones can still be changed", () => {
    const { call, guestinfo } = guest({ maxKeys: 3 });
    for (const key of ["a", "b", "c"]) expect(call(`info-set guestinfo.${key} 1`)).toBe("1 ");
    expect(call("info-set guestinfo.d 1")).toBe("0 Too many keys");
    expect(call("info-set guestinfo.a 2")).toBe("1 ");
    guestinfo.set("host-key", "x");
    guestinfo.delete("b");
    expect(call("info-set guestinfo.d 1")).toBe("1 ");
    expect(defaultGuestinfoLimits.maxKeys).toBe(1024);
  });

  it("all together: 1 MiB of names and values, replacing counts once", () => {
    const { call } = guest({ maxTotalBytes: 20 });
    expect(call("info-set guestinfo.a 123456789")).toBe("1 ");
    expect(call("info-set guestinfo.b 1234567890")).toBe("0 Out of memory");
    expect(call("info-set guestinfo.b 123456789")).toBe("1 ");
    expect(call("info-set guestinfo.a 987654321")).toBe("1 ");
    expect(call("info-set guestinfo.a 1")).toBe("1 ");
    expect(call("info-set guestinfo.b 12345678901234567")).toBe("1 ");
    expect(call("info-set guestinfo.b 123456789012345678")).toBe("0 Out of memory");
  });

  it("overwriting the host's value makes it the guest's, and counts", () => {
    const { call, guestinfo } = guest({ maxKeys: 1 });
    guestinfo.set("a", "host");
    expect(call("info-set guestinfo.a mine")).toBe("1 ");
    expect(call("info-set guestinfo.b mine")).toBe("0 Too many keys");
  });
});
