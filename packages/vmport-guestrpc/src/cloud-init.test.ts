import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { createGuestinfoStore, encodeGuestinfo, setCloudInit } from "./index.ts";

describe("[vmport-guestrpc] cloud-init values", () => {
  it.each(["", "a", "ab", "abc", "#cloud-config\nhostname: zażółć\n", "x".repeat(70_000)])(
    "base64 and gzip+base64 of %j are read by others",
    (text) => {
      expect(Buffer.from(encodeGuestinfo(text, "base64") as string, "base64").toString()).toBe(text);
      expect(gunzipSync(Buffer.from(encodeGuestinfo(text, "gzip+base64") as string, "base64")).toString()).toBe(text);
      expect(encodeGuestinfo(text, "plain")).toBe(text);
    },
  );

  it("sets each value with its encoding beside it", () => {
    const store = createGuestinfoStore();
    expect(setCloudInit(store, { metadata: "instance-id: i-1\n", userdata: Uint8Array.of(0, 1, 2) })).toBeUndefined();
    expect(store.snapshot()).toEqual({
      metadata: "aW5zdGFuY2UtaWQ6IGktMQo=",
      "metadata.encoding": "base64",
      userdata: "AAEC",
      "userdata.encoding": "base64",
    });
    setCloudInit(store, { metadata: "instance-id: i-2\n" }, "plain");
    expect(store.get("metadata.encoding")).toBeUndefined();
  });

  it("binary data cannot go plain", () => {
    expect(setCloudInit(createGuestinfoStore(), { userdata: Uint8Array.of(0x41, 0) }, "plain")?.code).toBe("nul-byte");
  });
});
