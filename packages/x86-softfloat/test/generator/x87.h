/* How one x87 instruction is run and recorded. */
#include "common.h"

#define MASKED 0x037f

/*
 * ST(0) = op1, ST(1) = op2 (both as m80). Unmasked exceptions only become pending: FNSTSW and FNCLEX do not wait, so the
 * result can be taken out afterwards. Status: the status word without stack top, busy bit and reserved bits.
 */
#define RUN(name, insn, stores)                                                                                       \
  static uint32_t name(uint32_t control, bytes16 *in, bytes16 *out) {                                                 \
    uint16_t cw = (uint16_t)control, masked = MASKED, sw = 0;                                                         \
    __asm__ volatile("fninit\n fldcw %[masked]\n fldt 16(%[in])\n fldt (%[in])\n fldcw %[cw]\n" insn "\n fnstsw %[sw]\n" \
                     "fnclex\n fldcw %[masked]\n" stores "\n fninit\n"                                                \
                     : [sw] "+m"(sw)                                                                                  \
                     : [in] "r"(in), [out] "r"(out), [cw] "m"(cw), [masked] "m"(masked)                               \
                     : "memory", "cc", "rax", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)");   \
    return sw & 0x47ff;                                                                                               \
  }
/* One 80-bit result in ST(0). */
#define TOP(name, insn) RUN(name, insn, "fstpt (%[out])")
/* The second operand leaves the stack first: for instructions with one operand or a pushed result. */
#define ONE(name, insn) RUN(name, "fxch\n fstp %%st(0)\n" insn, "fstpt (%[out])")
#define TWO(name, insn) RUN(name, "fxch\n fstp %%st(0)\n" insn, "fstpt (%[out])\n fstpt 16(%[out])")
#define MEM(name, insn) RUN(name, insn, "")
