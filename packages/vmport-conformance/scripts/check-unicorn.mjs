// The suite against vmport-adapters' hooks behind the real Unicorn, ring 0. Needs python3 with `unicorn`, and built packages.
//
//   node scripts/check-unicorn.mjs
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createUnicornHooks } from "vmport-adapters";
import { createBackdoor, createHost } from "vmport-backdoor";
import { createMatrix, registerNames, runSuite, STRING_ADDRESS, surprises } from "vmport-conformance";
import { createGuestrpc } from "vmport-guestrpc";

const order = ["eax", "ecx", "edx", "ebx", undefined, "ebp", "esi", "edi"];
const opcodes = { in1: "ec", in2: "66ed", in4: "ed", out1: "ee", out2: "66ef", out4: "ef" };

const folder = mkdtempSync(join(tmpdir(), "unicorn-"));
const [to, from] = ["to", "from"].map((name) => join(folder, name));
execFileSync("mkfifo", [to, from]);
const script = fileURLToPath(new URL("unicorn_host.py", import.meta.url));
const child = spawn("python3", [script, to, from], { stdio: ["ignore", "inherit", "inherit"] });
const write = openSync(to, "w");
const read = openSync(from, "r");
let rest = "";
const chunk = Buffer.alloc(65_536);
function line() {
  while (!rest.includes("\n")) {
    const count = readSync(read, chunk);
    if (count === 0) throw new Error("unicorn_host.py ended");
    rest += chunk.toString("utf8", 0, count);
  }
  const at = rest.indexOf("\n");
  const found = rest.slice(0, at);
  rest = rest.slice(at + 1);
  return JSON.parse(found);
}
const say = (what) => writeSync(write, `${JSON.stringify(what)}\n`);

let file = [];
const registers = { read: (index) => file[index], write: (index, value) => void (file[index] = value >>> 0) };
const epochNs = () => 1_600_000_000_000_000_000n;
const backdoor = createBackdoor({ host: createHost({ epochNs }), message: createGuestrpc({}) });
const { hookIn, hookOut } = createUnicornHooks(registers, backdoor);

function host({ kind, direction, size, ring, registers: given, memory = new Uint8Array() }) {
  if (ring !== 0 || kind === "rdpmc") return undefined;
  const code = kind === "string" ? (direction === "in" ? "fcf36c" : "fcf36e") : opcodes[`${direction}${size}`];
  say({
    code,
    memory: Buffer.from(memory).toString("hex"),
    address: STRING_ADDRESS,
    registers: order.map((name) => (name === undefined ? 0x8000 : given[name])),
  });
  for (;;) {
    const message = line();
    if (message.done !== undefined) {
      memory.set(Buffer.from(message.memory, "hex"));
      return { registers: Object.fromEntries(registerNames.map((name) => [name, message.done[order.indexOf(name)]])) };
    }
    file = message.registers;
    const { port, value } = message;
    const datum =
      message.hook === "in" ? hookIn(undefined, port, message.size) : hookOut(undefined, port, message.size, value);
    say({ value: datum ?? 0, registers: file });
  }
}

try {
  const results = runSuite(host);
  const found = surprises(createMatrix([{ title: "Unicorn", expects: "vmware", results }]));
  for (const { id, cell } of found) console.log(`${id}: ${cell.verdict} ${cell.detail}`);
  const asked = results.filter(({ verdict }) => verdict !== "skip");
  console.log(`${asked.length} cases asked, ${found.length} not as VMware`);
  process.exitCode = found.length === 0 ? 0 : 1;
} finally {
  closeSync(write);
  closeSync(read);
  child.kill();
  rmSync(folder, { recursive: true });
}
