// What `pnpm new` writes, by kind. Each template gives { files: { path: text }, generate?: [package, script], next: [hints] }.
import { packageTemplate } from "./package-template.mjs";

const camel = (name) => name.replace(/[-.](.)/g, (_, letter) => letter.toUpperCase());
const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** A wrong command line: the message says what was expected and what was found. */
export class NewError extends Error {}

function expectName(kind, name, pattern, what) {
  if (!pattern.test(name ?? ""))
    throw new NewError(`pnpm new ${kind}: ${what} expected, found ${JSON.stringify(name ?? "")}`);
}

function expectNumber(kind, what, text, most) {
  const value = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text ?? "") ? Number(text) : Number.NaN;
  if (!(value <= most))
    throw new NewError(`pnpm new ${kind}: ${what} from 0 to ${most} expected, found ${JSON.stringify(text ?? "")}`);
  return value;
}

const instruction = ([name, ...bytes]) => {
  expectName("instruction", name, /^[a-z][a-z0-9_]*$/, "a mnemonic in lower case");
  if (bytes.length === 0 || !bytes.every((byte) => /^[0-9a-f]{2}$/i.test(byte)))
    throw new NewError(
      `pnpm new instruction: bytes of one encoding in hex expected behind the mnemonic (48 0f c9), found ${JSON.stringify(bytes.join(" "))}`,
    );
  return {
    files: {
      [`packages/x86-lift/src/semantics/${name}.ts`]: `import type { SemanticsTable } from "../lift.ts";

export const semantics: SemanticsTable = {
  ${name}(b) {
    b.next();
  },
};
`,
      [`packages/x86-lift/src/semantics/${name}.test.ts`]: `import { describe, expect, it } from "vitest";
import { liftText } from "../../test/lift-text.ts";

describe("[x86-lift] ${name.toUpperCase()}", () => {
  it("${name}", () => {
    expect(liftText("${bytes.join(" ").toLowerCase()}")).toMatchInlineSnapshot();
  });
});
`,
    },
    generate: ["x86-lift", "scripts/gen.mjs"],
    next: [
      `the decoder must know ${name.toUpperCase()}: a row in packages/x86-decode/src/forms, then \`node scripts/gen.mjs\` there`,
      "write what the instruction does with the builder, then run the test: it records the IR; read that against the manual",
      "vectors from a processor, or a reference of another kind, belong into packages/x86-vcpu",
    ],
  };
};

const device = ([name, port]) => {
  expectName("device", name, KEBAB, "a name such as parallel-port");
  const base = expectNumber("device", "its first port", port, 0xffff);
  const id = camel(name);
  const type = id[0].toUpperCase() + id.slice(1);
  const hex = `0x${base.toString(16)}`;
  return {
    files: {
      [`packages/pc-devices/src/devices/${name}.ts`]: `/** ${type}: one register of 8 bits. */
import { checkVersion, type Device, type DeviceModel, readBytes, writeBytes } from "../device.ts";

export interface ${type}State {
  readonly version: 1;
  readonly value: number;
}

export const ${id}: DeviceModel<undefined, Device<${type}State>> = {
  name: "${name}",
  ranges: [{ base: ${hex}, size: 1 }],
  pins: [],
  sources: [],
  create() {
    let value = 0;
    return {
      read: (offset, size) => readBytes(offset, size, () => value),
      write: (offset, size, written) =>
        writeBytes(offset, size, written, (_, byte) => {
          value = byte;
        }),
      reset() {
        value = 0;
      },
      save: () => ({ version: 1, value }),
      load(state) {
        checkVersion("${name}", state, 1);
        value = state.value & 0xff;
      },
    };
  },
};
`,
      [`packages/pc-devices/src/devices/${name}.test.ts`]: `import { describe, expect, it } from "vitest";
import type { DeviceEnvironment } from "../device.ts";
import { ${id} } from "./${name}.ts";

const environment: DeviceEnvironment = {
  setLine: () => undefined,
  nowNs: () => 0n,
  unixTimeNs: () => 0n,
  createTimer: () => ({ arm: () => undefined, disarm: () => undefined }),
  output: () => undefined,
  request: () => undefined,
};

describe("[pc-devices] ${name}", () => {
  it("reads back what was written, until reset", () => {
    const device = ${id}.create(environment);
    expect(device.write(0, 1, 0x5a, 0)).toBe(true);
    expect(device.read(0, 1, 0)).toBe(0x5a);
    device.reset();
    expect(device.read(0, 1, 0)).toBe(0);
  });
});
`,
    },
    generate: ["pc-devices", "scripts/generate-index.mjs"],
    next: [
      "name the data sheet in `sources`: the shared suite src/devices.test.ts covers the device from now on, and asks for it",
      "to have it in the machine, attach it in packages/hvm-machine",
    ],
  };
};

const command = ([name, text]) => {
  expectName("command", name, KEBAB, "a name such as get-version");
  const number = expectNumber("command", "the command's number (ECX bits 15:0)", text, 0xffff);
  const id = camel(name);
  return {
    files: {
      [`packages/vmport-backdoor/src/commands/${name}.ts`]: `/**
 * ${name.replaceAll("-", "").toUpperCase()}: refused as every command that a host does not have.
 *
 * Source: open-vm-tools \`lib/include/backdoor_def.h\`.
 */
import { type BackdoorCommand, refuse } from "../command.ts";

export const ${id}: BackdoorCommand = {
  number: ${number},
  outputs: ["eax"],
  handle: refuse,
};
`,
      [`packages/vmport-backdoor/src/commands/${name}.test.ts`]: `import { describe, expect, it } from "vitest";
import { PlainRegisters } from "../../test/plain-registers.ts";
import { createBackdoor, createHost, vmware } from "../index.ts";

describe("[vmport-backdoor] ${name}", () => {
  it("answers at ring 0", () => {
    const backdoor = createBackdoor({ personality: { ...vmware, cpl0Only: [] }, host: createHost() });
    const registers = new PlainRegisters({ rax: 0x564d_5868, rbx: 0, rcx: ${number}, rdx: 0x5658, rsi: 0, rdi: 0 });
    backdoor.access("in", 0x5658, 4, registers);
    expect(registers.readRegister32(0)).toBe(0xffff_ffff);
  });
});
`,
    },
    generate: ["vmport-backdoor", "scripts/gen-commands.mjs"],
    next: [
      `its name, privilege and status are the row ${number} of packages/vmport-backdoor/src/protocol/commands.ts`,
      "who answers it is the personalities' word: packages/vmport-backdoor/src/personalities",
    ],
  };
};

const rpcVerb = ([verb]) => {
  expectName(
    "rpc-verb",
    verb,
    /^[A-Za-z][A-Za-z0-9_]*([.-][A-Za-z0-9_]+)*$/,
    "a verb as it goes over the wire, such as machine.id.get",
  );
  const file = verb
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/[._]/g, "-")
    .toLowerCase();
  const id = camel(file);
  return {
    files: {
      [`packages/vmport-guestrpc/src/rpci/${file}.ts`]: `/**
 * \`${verb}\`: accepted, and nothing follows from it.
 *
 * Source: open-vm-tools.
 */
import { ok, type RpciCommand } from "../rpci.ts";

export const ${id}: RpciCommand = {
  verb: "${verb}",
  handle: () => ok(),
};
`,
      [`packages/vmport-guestrpc/src/rpci/${file}.test.ts`]: `import { describe, expect, it } from "vitest";
import { GuestChannel, GuestPort, RPCI } from "../../test/guest.ts";
import { createGuestinfoStore, createGuestrpc } from "../index.ts";

describe("[vmport-guestrpc] ${verb}", () => {
  it("answers", () => {
    const rpc = createGuestrpc({ host: {}, guestinfo: createGuestinfoStore() });
    expect(new GuestChannel(new GuestPort(rpc), RPCI).call("${verb}", true)).toBe("1 ");
  });
});
`,
    },
    generate: ["vmport-guestrpc", "scripts/gen-rpci.mjs"],
    next: ["say where the verb's meaning is written, and what a program sees that sends it"],
  };
};

const library = ([name, floorText, ...words], { layers, license }) => {
  expectName("package", name, KEBAB, "a name such as portio-bus");
  const floor = expectNumber("package", "its floor", floorText, layers.floors.length - 2);
  const description = words.join(" ");
  if (!/^[A-Z].*\.$/.test(description))
    throw new NewError(
      `pnpm new package: one sentence about it expected behind the floor, found ${JSON.stringify(description)}`,
    );
  if (layers.floors.flat().includes(name))
    throw new NewError(`pnpm new package: ${name} has a floor in tooling/layers/layers.json already`);
  const floors = layers.floors.map((names, index) => (index === floor ? [...names, name].sort() : names));
  const row = (names) => `[${names.map((each) => JSON.stringify(each)).join(", ")}]`;
  const files = Object.entries({ ...packageTemplate({ name, description }), LICENSE: license }).map(([path, text]) => [
    `packages/${name}/${path}`,
    text,
  ]);
  return {
    files: Object.fromEntries(files),
    rewrite: {
      "tooling/layers/layers.json": `{\n  "floors": [\n${floors.map((names) => `    ${row(names)}`).join(",\n")}\n  ],\n  "sideways": [${layers.sideways.map(row).join(", ")}]\n}\n`,
    },
    next: [
      "npx pnpm install (links it, and adds it to the lock file)",
      "node tooling/layers/check.mjs --write (graph and package table)",
      "npx changeset",
    ],
  };
};

export const kinds = { package: library, instruction, device, command, "rpc-verb": rpcVerb };

export const usage = `pnpm new package NAME FLOOR "One sentence."
pnpm new instruction MNEMONIC BYTES…
pnpm new device NAME PORT
pnpm new command NAME NUMBER
pnpm new rpc-verb VERB`;

/** @throws NewError */
export function plan(kind, words, context) {
  const template = Object.hasOwn(kinds, kind ?? "") ? kinds[kind] : undefined;
  if (!template)
    throw new NewError(
      `${kind === undefined ? "nothing to make given" : `${JSON.stringify(kind)} is not one of the kinds`}; usage:\n${usage}`,
    );
  return template(words, context);
}
