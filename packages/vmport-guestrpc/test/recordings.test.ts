/**
 * Real programs, replayed: what they put into registers and memory, step by step, and what they were given and were content with. The host that
 * served them had seed and guestinfo as here; any difference in a single register is a regression that a guest would see.
 */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type BackdoorRegisters, createBackdoor, createHost } from "vmport-backdoor";
import { createGuestinfoStore, createGuestrpc } from "../src/index.ts";

const folder = new URL("recordings/", import.meta.url);
/** Order of the columns, as x86 register numbers. */
const columns = [0, 3, 1, 2, 6, 7, 5];

describe("[vmport-guestrpc] recordings of open-vm-tools", () => {
  it.each(readdirSync(folder))("%s", (file) => {
    const rpc = createGuestrpc({ guestinfo: createGuestinfoStore({ initial: { greeting: "hello" } }) });
    const backdoor = createBackdoor({ host: createHost(), message: rpc });
    const lines = readFileSync(new URL(file, folder), "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      if (line.startsWith("#") || line === "") continue;
      const [instruction = "", before = "", after = "", payload = ""] = line.split("|").map((cell) => cell.trim());
      const values = new BigUint64Array(8);
      for (const [i, value] of before.split(" ").entries()) values[columns[i] as number] = BigInt(`0x${value}`);
      const registers: BackdoorRegisters = {
        readRegister32: (register) => Number(BigInt.asUintN(32, values[register] as bigint)),
        writeRegister32: (register, value) => void (values[register] = BigInt(value)),
        readRegister64: (register) => values[register] as bigint,
        writeRegister64: (register, value) => void (values[register] = value),
        cpl: 3,
      };
      const direction = instruction.endsWith("in") ? "in" : "out";
      if (instruction.startsWith("rep")) {
        const bytes = Buffer.from(payload, "hex");
        const seen = Buffer.alloc(bytes.length);
        const memory = {
          read: (i: number) => bytes[i],
          canWrite: () => true,
          write: (i: number, value: number) => void (seen[i] = value),
        };
        backdoor.highBandwidth({ direction, size: 1, rep: true, addressBits: 64, df: false, memory, registers });
        if (direction === "in") expect(seen.toString(), `${file}:${index + 1}`).toBe(bytes.toString());
      } else backdoor.access(direction, 0x5658, 4, registers);
      const result = columns.map((register) => registers.readRegister32(register).toString(16)).join(" ");
      expect(result, `${file}:${index + 1}`).toBe(after);
    }
    if (file === "rpctool-set.txt") expect(rpc.guestinfo.get("answer")).toBe("42");
    if (file === "vmtoolsd.txt") {
      expect(rpc.apps).toEqual(["toolbox"]);
      expect(rpc.tools).toMatchObject({ version: 12352, versionType: 4, buildNumber: 21_223_074 });
      expect(rpc.guestinfo.get("vmtools.versionString")).toBe("12.2.0");
    }
  });
});
