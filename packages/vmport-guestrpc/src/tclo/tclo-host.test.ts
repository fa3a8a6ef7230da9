import { describe, expect, it } from "vitest";
import { bytesOf, GuestChannel, GuestPort, TCLO, textOf } from "../../test/guest.ts";
import { createGuestrpc, type GuestrpcEvent, type GuestrpcOptions, MAX_TCLO_QUEUE, type TcloResult } from "../index.ts";

/** The guest's loop of lib/rpcIn: send the last result, fetch a command, keep its result. */
class Tools {
  readonly channel: GuestChannel;
  readonly commands: string[] = [];
  result = "";
  answer: (command: string) => string;

  constructor(
    port: GuestPort,
    answer: (command: string) => string = (command) => (command === "reset" ? "OK ATR toolbox" : "OK "),
  ) {
    this.channel = new GuestChannel(port, TCLO);
    this.answer = answer;
  }

  poll(high = true): string | undefined {
    this.channel.send(bytesOf(this.result), high && this.result !== "");
    this.result = "";
    const message = this.channel.receive(high);
    if (message === undefined) return undefined;
    const command = textOf(message);
    this.commands.push(command);
    this.result = this.answer(command);
    return command;
  }

  run(polls: number): void {
    for (let i = 0; i < polls; i++) this.poll();
  }
}

function make(options: GuestrpcOptions = {}) {
  const time = { now: 0n };
  const rpc = createGuestrpc({ nowNs: () => time.now, ...options });
  return { rpc, port: new GuestPort(rpc), time };
}

describe("[vmport-guestrpc] TCLO", () => {
  it("a service comes alive: reset, ATR, capabilities, broadcastIP, then silence", () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    expect(rpc.apps).toEqual([]);
    tools.run(6);
    expect(tools.commands).toEqual(["reset", "Capabilities_Register", "Set_Option broadcastIP 1"]);
    expect(rpc.apps).toEqual(["toolbox"]);
    expect(rpc.channels()).toEqual([{ id: 0, protocol: "TCLO", app: "toolbox" }]);
  });

  it("time synchronisation that is on is told to the tools", () => {
    const { port } = make({ host: { timeSync: { enabled: true } } });
    const tools = new Tools(port);
    tools.run(6);
    expect(tools.commands.at(-1)).toBe("Set_Option synctime 1");
  });

  it("low bandwidth does as well, and messages carry no NUL, blank or newline behind them (BSD compares whole messages)", () => {
    const tools = new Tools(make().port);
    expect(tools.poll(false)).toBe("reset");
    expect(tools.poll(false)).toBe("Capabilities_Register");
    expect(tools.poll(false)).toBe("Set_Option broadcastIP 1");
  });

  it("power operations can be awaited", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const halt = rpc.halt();
    tools.run(2);
    await expect(halt).resolves.toEqual({ outcome: "ok", app: "toolbox", text: "" });
    expect(tools.commands.at(-1)).toBe("OS_Halt");
    for (const [act, command] of [
      [rpc.reboot.bind(rpc), "OS_Reboot"],
      [rpc.suspend.bind(rpc), "OS_Suspend"],
      [rpc.resume.bind(rpc), "OS_Resume"],
      [rpc.ping.bind(rpc), "ping"],
    ] as const) {
      const call = act();
      tools.run(2);
      expect((await call).outcome).toBe("ok");
      expect(tools.commands.at(-1)).toBe(command);
    }
  });

  it("errors of the guest, in its three spellings", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    for (const [answer, text] of [
      ["ERROR Unknown Command", "Unknown Command"],
      ["ERR no such thing", "no such thing"],
      ["Unknown Command", "Unknown Command"],
    ] as const) {
      tools.answer = () => answer;
      const call = rpc.call("Frobnicate");
      tools.run(2);
      expect(await call).toEqual({ outcome: "error", app: "toolbox", text });
    }
  });

  it("results carry text, and a NUL behind it is no part of it", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    tools.answer = () => "OK some text\0";
    const call = rpc.call("Vix_1_Get_ToolsProperties");
    tools.run(2);
    expect((await call).text).toBe("some text");
  });

  it("one command is out at a time, the rest wait in order", () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const done: string[] = [];
    for (const name of ["a", "b", "c"]) rpc.call(name, { onResult: () => done.push(name) });
    expect(tools.poll()).toBe("a");
    expect(done).toEqual([]);
    expect(tools.poll()).toBe("b");
    expect(done).toEqual(["a"]);
    tools.run(3);
    expect(done).toEqual(["a", "b", "c"]);
  });

  it("nobody listens: the call ends at once", async () => {
    expect(await make().rpc.halt()).toEqual({ outcome: "not-sent", app: undefined, text: "no program listens" });
  });

  it("a program without answer: time-out in virtual time, and a late answer is not taken for another's", async () => {
    const { rpc, port, time } = make();
    const tools = new Tools(port);
    tools.run(4);
    const results: TcloResult[] = [];
    rpc.call("OS_Halt", { timeoutNs: 10n, onResult: (result) => results.push(result) });
    tools.poll();
    time.now = 9n;
    rpc.tick();
    expect(results).toEqual([]);
    time.now = 10n;
    rpc.tick();
    expect(results).toEqual([{ outcome: "timeout", app: "toolbox", text: "" }]);
    rpc.call("ping", { onResult: (result) => results.push(result) });
    tools.result = "ERROR too late";
    expect(tools.poll()).toBe("ping");
    expect(results).toHaveLength(1);
    tools.poll();
    expect(results[1]?.outcome).toBe("ok");
  });

  it("a command that nobody fetched times out as well and is not delivered", () => {
    const { rpc, port, time } = make();
    const tools = new Tools(port);
    tools.run(4);
    const outcomes: string[] = [];
    rpc.call("first", { timeoutNs: 5n, onResult: (result) => outcomes.push(result.outcome) });
    rpc.call("second", { timeoutNs: 5n, onResult: (result) => outcomes.push(result.outcome) });
    time.now = 5n;
    rpc.tick();
    expect(outcomes).toEqual(["timeout", "timeout"]);
    expect(tools.poll()).toBeUndefined();
  });

  it("an empty poll instead of a result: the guest's loop was restarted", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const call = rpc.call("OS_Halt");
    tools.poll();
    tools.result = "";
    tools.poll();
    expect((await call).outcome).toBe("no-answer");
  });

  it("closing the channel ends its calls", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const calls = [rpc.call("a"), rpc.call("b")];
    tools.poll();
    tools.channel.close();
    expect((await Promise.all(calls)).map((result) => result.outcome)).toEqual(["closed", "closed"]);
    expect(rpc.apps).toEqual([]);
  });

  it("a second program of the same name gets nothing while the first lives, and takes over when it is silent", () => {
    const { rpc, port, time } = make();
    const events: GuestrpcEvent[] = [];
    rpc.observe((event) => events.push(event));
    const first = new Tools(port);
    first.run(4);
    const second = new Tools(port);
    second.run(3);
    expect(second.commands).toEqual(["reset"]);
    expect(events.some((event) => event.kind === "tclo" && event.event === "duplicate")).toBe(true);
    time.now = 14_000_000_000n;
    const third = new Tools(port);
    third.run(4);
    expect(third.commands).toContain("Capabilities_Register");
    expect(rpc.channels().map((channel) => channel.app)).toEqual([undefined, undefined, "toolbox"]);
  });

  it("programs of other names live side by side and are addressed by name", () => {
    const { rpc, port } = make();
    const user = new Tools(port, (command) => (command === "reset" ? "OK ATR toolbox-dnd" : "OK "));
    user.run(4);
    const service = new Tools(port);
    service.run(4);
    rpc.call("x", { app: "toolbox-dnd" });
    rpc.call("y");
    expect(user.poll()).toBe("x");
    expect(service.poll()).toBe("y");
  });

  it("pings an idle program", () => {
    const { port, time } = make({ tclo: { pingIntervalNs: 1000n, greeting: [] } });
    const tools = new Tools(port);
    tools.run(3);
    expect(tools.commands).toEqual(["reset"]);
    time.now = 999n;
    expect(tools.poll()).toBeUndefined();
    time.now = 1000n;
    expect(tools.poll()).toBe("ping");
    expect(tools.poll()).toBeUndefined();
  });

  it("a guest that opens and never polls: the queue is bounded", () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const outcomes: string[] = [];
    for (let i = 0; i < MAX_TCLO_QUEUE + 10; i++)
      rpc.call(`c${i}`, { onResult: (result) => outcomes.push(result.outcome) });
    expect(outcomes).toEqual(new Array(9).fill("not-sent"));
  });

  it("a guest that gives a command up gets the next one", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const call = rpc.call("a");
    rpc.call("b");
    tools.channel.step(1, 0);
    tools.channel.step(3);
    tools.channel.step(5, 0);
    expect((await call).outcome).toBe("no-answer");
    expect(tools.poll()).toBe("b");
  });

  it("loading another state ends the calls that were waiting here", async () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(4);
    const saved = rpc.save();
    const calls = [rpc.call("a"), rpc.call("b")];
    tools.poll();
    rpc.load(saved);
    expect((await Promise.all(calls)).map((result) => result.outcome)).toEqual(["closed", "closed"]);
    expect(rpc.apps).toEqual(["toolbox"]);
  });

  it("goes on after save and load; the guest notices nothing", () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(2);
    const other = make();
    other.rpc.load(JSON.parse(JSON.stringify(rpc.save())));
    const moved = Object.assign(Object.create(Tools.prototype) as Tools, {
      ...tools,
      commands: [],
      channel: Object.assign(Object.create(GuestChannel.prototype) as GuestChannel, {
        port: other.port,
        id: tools.channel.id,
        cookie: tools.channel.cookie,
      }),
    });
    moved.run(3);
    expect(moved.commands).toEqual(["Set_Option broadcastIP 1"]);
    expect(other.rpc.apps).toEqual(["toolbox"]);
  });

  it("after a restored snapshot: reset, and the whole greeting once more", () => {
    const { rpc, port } = make();
    const tools = new Tools(port);
    tools.run(5);
    tools.commands.length = 0;
    rpc.restartTools();
    tools.run(5);
    expect(tools.commands).toEqual(["reset", "Capabilities_Register", "Set_Option broadcastIP 1"]);
  });

  it("names are cut, so that ATR cannot fill the host", () => {
    const { rpc, port } = make();
    new Tools(port, () => `OK ATR ${"x".repeat(60_000)}`).run(2);
    expect(rpc.apps[0]).toHaveLength(64);
  });
});
