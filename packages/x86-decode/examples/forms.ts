import { decode, mnemonicNames } from "x86-decode";
import { type FormId, formIds, formNumber } from "x86-decode/forms";

// A table by form: a misspelt identifier does not compile.
const meanings: Partial<Record<FormId, string>> = {
  in_al_dx: "a byte from a port",
  in_eax_dx: "four bytes from a port",
};
const byNumber = new Map(Object.entries(meanings).map(([id, text]) => [formNumber(id as FormId), text]));
for (const instruction of decode(Uint8Array.of(0xec, 0xed, 0x66, 0xed)))
  console.log(
    `${mnemonicNames[instruction.mnemonic]} ${formIds[instruction.form]}: ${byNumber.get(instruction.form) ?? "not in the table"}`,
  );
