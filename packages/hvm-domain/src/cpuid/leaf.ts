/** What CPUID leaves in EAX, EBX, ECX and EDX, as unsigned 32-bit numbers. */
export interface CpuidLeaf {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

export const EMPTY_LEAF: CpuidLeaf = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** Up to four ASCII characters as the register that shows them. */
export function asciiRegister(text: string): number {
  let value = 0;
  for (let i = 0; i < 4; i++) value |= (i < text.length ? text.charCodeAt(i) & 0x7f : 0) << (i * 8);
  return value >>> 0;
}

/** A twelve-character vendor name in EBX, ECX, EDX, the order of hypervisor leaves. */
export const signatureLeaf = (eax: number, signature: string): CpuidLeaf => ({
  eax,
  ebx: asciiRegister(signature.slice(0, 4)),
  ecx: asciiRegister(signature.slice(4, 8)),
  edx: asciiRegister(signature.slice(8, 12)),
});
