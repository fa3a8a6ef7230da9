import { mnemonicNames as names, Mnemonic as numbers } from "./mnemonics.gen.ts";

/** Every mnemonic the decoder can give, lower case. */
export type MnemonicName = (typeof names)[number];

/** Names by `Instruction.mnemonic`; 0 is `"invalid"`. */
export const mnemonicNames: readonly MnemonicName[] = names;

/** Numbers by name: `Mnemonic.mov`. */
export const Mnemonic: { readonly [Name in MnemonicName]: number } = numbers;
