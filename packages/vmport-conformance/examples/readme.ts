import { conformanceSuite, type HostFunction, parseResults, runSuite } from "vmport-conformance";

// A host that knows one command: GETVERSION, by IN EAX,DX. Yours calls an emulator instead.
const host: HostFunction = ({ direction, size, port, ring, registers }) => {
  const isCall = direction === "in" && size === 4 && port === 0x5658 && registers.eax === 0x564d_5868;
  if (isCall && (registers.ecx & 0xffff) === 10)
    return { registers: { ...registers, eax: 6, ebx: 0x564d_5868, ecx: 2 } };
  if (ring === 3) return { registers, fault: 13 };
  if (direction === "out") return { registers };
  const ones = 2 ** (8 * size) - 1;
  return { registers: { ...registers, eax: (registers.eax | ones) >>> 0 } };
};

const results = runSuite(host);
const passed = results.filter(({ verdict }) => verdict === "pass").map(({ id }) => id);
console.log(`${passed.includes("contract.getversion.ring3")}, ${passed.includes("contract.out-eax.ring0")}`);
console.log(results.find(({ id }) => id === "contract.in-ax.ring0")?.detail);

// What the guest image prints on COM1 in any hypervisor reads back as the same results.
const serial = "TAP version 14\r\n1..1\r\nok 1 - contract.getversion.ring0\r\n# done\r\n";
console.log(parseResults(serial).complete, conformanceSuite[0]?.source.ref.split(";")[0]);
