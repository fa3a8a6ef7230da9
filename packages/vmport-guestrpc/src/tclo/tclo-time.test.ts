import { describe, expect, it } from "vitest";
import { bytesOf, GuestChannel, GuestPort, TCLO, textOf } from "../../test/guest.ts";
import { createGuestrpc, type GuestrpcEvent, type TcloResult } from "../index.ts";

const SECOND = 1_000_000_000n;

/** A machine whose only clock is a timer that the host arms: nothing happens between two alarms. */
function make(restored?: ReturnType<typeof createGuestrpc>) {
  const clock = { nowNs: 0n, alarmNs: undefined as bigint | undefined };
  const events: GuestrpcEvent[] = [];
  const rpc = createGuestrpc({
    nowNs: () => clock.nowNs,
    onSchedule: (atNs) => void (clock.alarmNs = atNs),
    tclo: { pingIntervalNs: 5n * SECOND, pingTimeoutNs: 3n * SECOND, greeting: [] },
  });
  rpc.observe((event) => events.push(event));
  if (restored !== undefined) rpc.load(JSON.parse(JSON.stringify(restored.save())));
  return {
    rpc,
    clock,
    events,
    /** Lets the timer fire; false if it is not armed. */
    fire(): boolean {
      if (clock.alarmNs === undefined) return false;
      clock.nowNs = clock.alarmNs;
      rpc.tick();
      return true;
    },
    tcloEvents: () =>
      events.flatMap((event) => (event.kind === "tclo" ? [`${event.event} ${event.command}`.trim()] : [])),
  };
}

/** Tools that have said who they are. */
function attach(rpc: ReturnType<typeof createGuestrpc>): GuestChannel {
  const channel = new GuestChannel(new GuestPort(rpc), TCLO);
  channel.send(bytesOf(""), false);
  expect(textOf(channel.receive(false) as Uint8Array)).toBe("reset");
  channel.send(bytesOf("OK ATR toolbox"), false);
  return channel;
}

describe("[vmport-guestrpc] TCLO and virtual time", () => {
  it("an idle program is pinged by the timer alone, and its answer moves the next ping", () => {
    const { rpc, clock, fire } = make();
    expect(clock.alarmNs, "nobody is there").toBeUndefined();
    const channel = attach(rpc);
    expect(clock.alarmNs).toBe(5n * SECOND);
    fire();
    expect(clock.alarmNs, "until when it must answer").toBe(8n * SECOND);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("ping");
    clock.nowNs = 6n * SECOND;
    channel.send(bytesOf("OK "), false);
    expect(clock.alarmNs).toBe(11n * SECOND);
    channel.close();
    expect(clock.alarmNs).toBeUndefined();
  });

  it.each([
    ["never takes the ping", false],
    ["takes the ping and says nothing", true],
  ])("a program that %s is silent: told, and asked to begin anew", (_, takes) => {
    const { rpc, clock, fire, tcloEvents } = make();
    const channel = attach(rpc);
    fire();
    if (takes) channel.receive(false);
    fire();
    expect(clock.nowNs).toBe(8n * SECOND);
    expect(tcloEvents().slice(-2)).toEqual(["result ping", "silent"]);
    expect(rpc.apps).toEqual([]);
    expect(clock.alarmNs, "nobody to wait for").toBeUndefined();
    channel.send(bytesOf(""), false);
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("reset");
    channel.send(bytesOf("OK ATR toolbox"), false);
    expect(rpc.apps).toEqual(["toolbox"]);
  });

  it("a call with a time limit ends by the timer, wherever it was", async () => {
    for (const takes of [false, true]) {
      const { rpc, clock, fire } = make();
      const channel = attach(rpc);
      const results: TcloResult[] = [];
      const call = rpc.halt({ timeoutNs: 2n * SECOND, onResult: (result) => results.push(result) });
      if (takes) channel.receive(false);
      expect(clock.alarmNs).toBe(2n * SECOND);
      fire();
      expect(results).toEqual([{ outcome: "timeout", app: "toolbox", text: "" }]);
      expect((await call).outcome).toBe("timeout");
    }
  });

  it("the earliest of several limits is the one that counts", () => {
    const { rpc, clock } = make();
    attach(rpc);
    rpc.call("a", { timeoutNs: 4n * SECOND });
    rpc.call("b", { timeoutNs: 1n * SECOND });
    expect(rpc.nextTickNs).toBe(SECOND);
    expect(clock.alarmNs).toBe(SECOND);
  });

  it("limits and pings survive save and load", () => {
    const first = make();
    attach(first.rpc);
    first.fire();
    const second = make(first.rpc);
    expect(second.clock.alarmNs).toBe(8n * SECOND);
    second.fire();
    expect(second.tcloEvents()).toEqual(["result ping", "silent"]);
  });

  it("powerOn is OS_PowerOn", () => {
    const { rpc } = make();
    const channel = attach(rpc);
    rpc.powerOn();
    expect(textOf(channel.receive(false) as Uint8Array)).toBe("OS_PowerOn");
  });
});
