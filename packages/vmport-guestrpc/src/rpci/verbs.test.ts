import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOf, GuestChannel, GuestPort, RPCI, TCLO, textOf } from "../../test/guest.ts";
import {
  createGuestinfoStore,
  createGuestrpc,
  defaultRpciCommands,
  type GuestrpcHost,
  MAX_TOOLS_ENTRIES,
} from "../index.ts";

function make(host: GuestrpcHost = {}) {
  const rpc = createGuestrpc({ host, guestinfo: createGuestinfoStore({ initial: { a: "va lue" } }) });
  const port = new GuestPort(rpc);
  return { rpc, port, call: (text: string) => new GuestChannel(port, RPCI).call(text, true) };
}

describe("[vmport-guestrpc] RPCI verbs", () => {
  it.each([
    ["info-get guestinfo.a", "1 va lue"],
    ["info-get guestinfo.a\0", "1 va lue"],
    ["info-get guestinfo.a\0rubbish", "1 va lue"],
    ["info-get guestinfo.A", "1 va lue"],
    ["info-get guestinfo.b", "0 No value found"],
    ["info-get a", "0 No value found"],
    ["info-get guestinfo.", "0 No value found"],
    ["info-get", "0 No value found"],
    ["info-set guestinfo.x y z", "1 "],
    ["info-set guestinfo.x y\0", "1 "],
    ["info-set guestinfo.x", "0 Two and exactly two arguments expected"],
    ["info-set guestinfo.x ", "0 Two and exactly two arguments expected"],
    ["info-set", "0 Two and exactly two arguments expected"],
    ["info-set isolation.tools x", "0 Permission denied"],
    ["info-set guestinfo.x=y z", "0 Invalid key"],
    ["log hello", "1 "],
    ["guest.log.text vmsvc hello", "1 "],
    ["machine.id.get", "0 No machine id"],
    ["tools.set.version 2147483647", "1 "],
    ["tools.set.version", "0 Invalid arguments"],
    ["tools.set.versiontype 12389 4", "1 "],
    ["tools.set.versiontype 12389", "0 Invalid arguments"],
    ["tools.capability.hgfs_server toolbox 1", "1 "],
    ["tools.capability.statechange ", "1 "],
    ["tools.capability.features 1=1 2=1", "1 "],
    ["tools.os.statechange.status 1 3\0", "1 "],
    ["tools.os.statechange.status x", "0 Invalid arguments"],
    ["SetGuestInfo  4 build-1234\0", "1 "],
    ["SetGuestInfo  99 x", "0 Invalid arguments"],
    ["SetGuestInfo", "0 Invalid arguments"],
    ["vmx.capability.unified_loop toolbox", "1 "],
    ["vmx.capability.dnd_version", "0 Unknown command"],
    ["vmx.set_option synctime 0 1", "1 "],
    ["vmx.set_option synctime 0 2", "0 Unknown or invalid option"],
    ["vmx.set_option copypaste 0 1", "0 Unknown or invalid option"],
    ["update.tools.health normal", "1 "],
    ["deployPkg.update.state 1 0 fine", "1 "],
    ["vmbackup.eventSet req.start 0 x", "1 "],
    ["guestlib.info.get 3", "0 Unknown command"],
    ["disk.wiper.enable", "1 0"],
    ["SetGuestDiskInfo {}", "0 Unknown command"],
    ["Info-get guestinfo.a", "0 Unknown command"],
    ["info-getguestinfo.a", "0 Unknown command"],
    ["\0", "0 Unknown command"],
    [" ", "0 Unknown command"],
  ])("%j answers %j", (request, reply) => {
    expect(make().call(request)).toBe(reply);
  });

  it("log tells the build of the tools, and reaches the host without its NUL", () => {
    const lines: string[] = [];
    const { rpc, call } = make({ log: (text) => lines.push(text) });
    call("log toolbox: Version: build-20829\0");
    expect(lines).toEqual(["toolbox: Version: build-20829"]);
    expect(rpc.tools.buildNumber).toBe(20829);
    call("log toolbox: Version: 12.2.0.41219 (build-21223074)");
    expect(rpc.tools.buildNumber).toBe(21_223_074);
  });

  it("machine.id.get answers the configured identity", () => {
    expect(make({ machineId: "web-7" }).call("machine.id.get")).toBe("1 web-7");
  });

  it("what the tools tell is kept", () => {
    const { rpc, call } = make();
    call("tools.set.versiontype 12389 4");
    call("tools.capability.hgfs_server toolbox 1");
    call("tools.os.statechange.status 1 5");
    expect(rpc.tools).toMatchObject({ version: 12389, versionType: 4, stateChange: { ok: true, state: 5 } });
    expect([...rpc.tools.capabilities]).toEqual([["hgfs_server", "toolbox 1"]]);
  });

  it("SetGuestInfo keeps binary data, NULs and all", () => {
    const { rpc, call } = make();
    call("SetGuestInfo  3 \0\x01\0\x02");
    expect([...(rpc.tools.guestInfo.get(3) ?? [])]).toEqual([0, 1, 0, 2]);
  });

  it("vmx.set_option synctime switches the host's setting and echoes it to the tools", () => {
    const timeSync = { enabled: false };
    const { rpc, port, call } = make({ timeSync });
    const tclo = new GuestChannel(port, TCLO);
    const seen: string[] = [];
    const poll = (result: string) => {
      tclo.send(bytesOf(result), false);
      const message = tclo.receive(false);
      if (message !== undefined) seen.push(textOf(message));
    };
    poll("");
    poll("OK ATR toolbox");
    poll("OK ");
    poll("OK ");
    expect(rpc.apps).toEqual(["toolbox"]);
    expect(call("vmx.set_option synctime 0 1")).toBe("1 ");
    expect(timeSync.enabled).toBe(true);
    poll("");
    expect(seen.at(-1)).toBe("Set_Option synctime 1");
  });

  it("a guest that invents names fills a fixed table", () => {
    const { rpc, port } = make();
    const channel = new GuestChannel(port, RPCI);
    for (let i = 0; i < MAX_TOOLS_ENTRIES * 3; i++) channel.call(`tools.capability.c${i} ${"x".repeat(3000)}`, true);
    expect(rpc.tools.capabilities.size).toBe(MAX_TOOLS_ENTRIES);
    expect([...rpc.tools.capabilities.values()].every((text) => text.length <= 1024)).toBe(true);
  });

  it("any bytes: a well-formed reply, never an exception", () => {
    const { port } = make();
    const channel = new GuestChannel(port, RPCI);
    const verbs = defaultRpciCommands.map((command) => command.verb.replace("*", "x"));
    fc.assert(
      fc.property(
        fc.constantFrom(...verbs, "", "x"),
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(" ", "\0", ""),
        (verb, bytes, glue) => {
          const head = bytesOf(verb + glue);
          const request = new Uint8Array(head.length + bytes.length);
          request.set(head);
          request.set(bytes, head.length);
          if (request.length === 0) return;
          channel.send(request, true);
          expect(textOf(channel.receive(true) as Uint8Array)).toMatch(/^[01] /);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("every verb file is in the generated index", () => {
    execFileSync(process.execPath, [fileURLToPath(new URL("../../scripts/gen-rpci.mjs", import.meta.url)), "--check"]);
  });
});
