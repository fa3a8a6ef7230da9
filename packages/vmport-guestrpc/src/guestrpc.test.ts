import { describe, expect, it } from "vitest";
import { GuestChannel, GuestPort, RPCI } from "../test/guest.ts";
import { createGuestinfoStore, createGuestrpc } from "./index.ts";

describe("[vmport-guestrpc] RPCI round trips", () => {
  it.each([false, true])("info-get, high bandwidth: %s", (high) => {
    const rpc = createGuestrpc({ guestinfo: createGuestinfoStore({ initial: { greeting: "hello" } }) });
    const channel = new GuestChannel(new GuestPort(rpc), RPCI);
    expect(channel.call("info-get guestinfo.greeting", high)).toBe("1 hello");
    expect(channel.call("info-get guestinfo.absent", high)).toBe("0 No value found");
    expect(channel.call("info-set guestinfo.answer 42", high)).toBe("1 ");
    expect(rpc.guestinfo.get("answer")).toBe("42");
    expect(channel.call("nonsense", high)).toBe("0 Unknown command");
  });
});
