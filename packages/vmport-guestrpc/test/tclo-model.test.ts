/**
 * TCLO against a model written from its description alone: the host's calls, a guest that takes, answers, refuses, polls, closes and opens again in
 * any order, time limits, save and load. HVM_FUZZ_RUNS sets the number of sequences.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createGuestrpc, type Guestrpc, MAX_TCLO_QUEUE, type TcloResult } from "../src/index.ts";
import { bytesOf, GuestChannel, GuestPort, TCLO, textOf } from "./guest.ts";

const RUNS = Number(process.env["HVM_FUZZ_RUNS"] ?? 60);
const LIMIT_NS = 10n;

/** A call the host made: its number, or undefined for the protocol's own `reset`. */
interface Command {
  readonly text: string;
  readonly number: number | undefined;
  deadlineNs: bigint | undefined;
}

class Model {
  nowNs = 0n;
  app: string | undefined;
  offered: Command | undefined;
  outstanding: Command | undefined;
  queue: Command[] = [{ text: "reset", number: undefined, deadlineNs: undefined }];
  readonly results = new Map<number, string>();

  constructor() {
    this.#next();
  }

  call(number: number, limited: boolean): void {
    if (this.app === undefined || this.queue.length >= MAX_TCLO_QUEUE) this.results.set(number, "not-sent");
    else {
      const deadlineNs = limited ? this.nowNs + LIMIT_NS : undefined;
      this.queue.push({ text: `call ${number}`, number, deadlineNs });
      this.#next();
    }
  }

  /** What the guest finds when it asks. */
  receive(acknowledge: boolean): string | undefined {
    const command = this.offered;
    if (command === undefined) return undefined;
    this.offered = undefined;
    if (acknowledge) this.outstanding = command;
    else {
      this.#end(command, "no-answer");
      this.#next();
    }
    return command.text;
  }

  send(text: string): void {
    this.tick();
    const command = this.outstanding;
    this.outstanding = undefined;
    if (text.startsWith("OK ATR ")) this.app = text.slice(7);
    if (command !== undefined) this.#end(command, text === "" ? "no-answer" : text.startsWith("OK") ? "ok" : "error");
    this.#next();
  }

  tick(): void {
    const late = ({ deadlineNs }: Command): boolean => deadlineNs !== undefined && this.nowNs >= deadlineNs;
    if (this.outstanding !== undefined && late(this.outstanding)) {
      this.#end(this.outstanding, "timeout");
      this.outstanding = { text: this.outstanding.text, number: undefined, deadlineNs: undefined };
    }
    if (this.offered !== undefined && late(this.offered)) {
      this.#end(this.offered, "timeout");
      this.offered = undefined;
    }
    for (const command of this.queue) if (late(command)) this.#end(command, "timeout");
    this.queue = this.queue.filter((command) => !late(command));
    this.#next();
  }

  close(): void {
    for (const command of [this.outstanding, this.offered, ...this.queue])
      if (command !== undefined) this.#end(command, "closed");
  }

  #end({ number }: Command, outcome: string): void {
    if (number !== undefined) this.results.set(number, outcome);
  }

  #next(): void {
    if (this.outstanding === undefined && this.offered === undefined) this.offered = this.queue.shift();
  }
}

const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant("call" as const), limited: fc.boolean() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("receive" as const),
      acknowledge: fc.integer({ min: 0, max: 5 }).map((n) => n > 0),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant("send" as const),
      text: fc.constantFrom("", "OK ", "OK done", "ERROR Unknown Command", "OK ATR toolbox"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("wait" as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("reopen" as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant("crowd" as const) }) },
);

describe("[vmport-guestrpc] TCLO against a model", () => {
  it("what the guest finds and what the host hears agree", () => {
    fc.assert(
      fc.property(fc.array(action, { minLength: 20, maxLength: 80, size: "max" }), (actions) => {
        let model = new Model();
        const rpc: Guestrpc = createGuestrpc({ nowNs: () => model.nowNs, tclo: { greeting: [] } });
        const port = new GuestPort(rpc);
        let guest = new GuestChannel(port, TCLO);
        const heard = new Map<number, string>();
        const expected = new Map<number, string>();
        let calls = 0;
        const call = (limited: boolean): void => {
          const number = calls++;
          const onResult = ({ outcome }: TcloResult): void => void heard.set(number, outcome);
          void rpc.call(`call ${number}`, limited ? { timeoutNs: LIMIT_NS, onResult } : { onResult });
          model.call(number, limited);
        };
        for (const one of [
          { act: "receive", acknowledge: true } as const,
          { act: "send", text: "OK ATR toolbox" } as const,
          ...actions,
        ]) {
          if (one.act === "call") call(one.limited);
          else if (one.act === "crowd") for (let i = 0; i < MAX_TCLO_QUEUE + 3; i++) call(false);
          else if (one.act === "wait") {
            model.nowNs += 6n;
            rpc.tick();
            model.tick();
          } else if (one.act === "send") {
            guest.send(bytesOf(one.text), one.text.length % 2 === 0);
            model.send(one.text);
          } else if (one.act === "reopen") {
            const { nowNs } = model;
            guest.close();
            model.close();
            for (const [number, outcome] of model.results) expected.set(number, outcome);
            guest = new GuestChannel(port, TCLO);
            model = new Model();
            model.nowNs = nowNs;
          } else {
            const wanted = model.receive(one.acknowledge);
            if (one.acknowledge) {
              const found = guest.receive(false);
              expect(found === undefined ? undefined : textOf(found)).toBe(wanted);
            } else if (wanted === undefined) expect(guest.receive(false)).toBeUndefined();
            else {
              expect(guest.step(3).ebx).toBe(wanted.length);
              expect(guest.step(5, 0).ecx).toBe(0x0001_0000);
            }
          }
          expect(rpc.apps).toEqual(model.app === undefined ? [] : [model.app]);
        }
        for (const [number, outcome] of model.results) expected.set(number, outcome);
        expect([...heard].sort(([a], [b]) => a - b)).toEqual([...expected].sort(([a], [b]) => a - b));
      }),
      { numRuns: RUNS },
    );
  });
});
