import { decode } from "x86-decode";
import { createGnuFormatter } from "x86-decode/gnu";
import { createIntelFormatter, intelTokens } from "x86-decode/intel";

const symbol = (address: bigint): string | undefined => (address === 0x40_2000n ? "table" : undefined);
const intel = createIntelFormatter({ hexPrefix: "0x", hexSuffix: "", spaceAfterSeparator: true, symbol });
const gnu = createGnuFormatter({ uppercaseHex: false, symbol });

// mov eax,[rip+0xffa]; sub rsp,200
const code = Uint8Array.of(0x8b, 0x05, 0xfa, 0x0f, 0x00, 0x00, 0x48, 0x81, 0xec, 0xc8, 0x00, 0x00, 0x00);
for (const instruction of decode(code, { ip: 0x40_1000n })) {
  console.log(intel(instruction));
  console.log(gnu(instruction));
  console.log(
    intelTokens(instruction, { symbol })
      .filter(({ text }) => text !== " ")
      .map(({ kind, text }) => `${kind}=${text}`)
      .join(" "),
  );
}
