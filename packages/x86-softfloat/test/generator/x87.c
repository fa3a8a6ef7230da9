/* Runs x87 instructions on this processor and prints vectors: see README.md here. */
#include "x87.h"

TOP(fadd, "fadd %%st(1), %%st") TOP(fsub, "fsub %%st(1), %%st") TOP(fmul, "fmul %%st(1), %%st")
TOP(fdiv, "fdiv %%st(1), %%st") TOP(fsqrt, "fsqrt") TOP(fprem, "fprem") TOP(fprem1, "fprem1") TOP(fscale, "fscale")
TOP(frndint, "frndint") TWO(fxtract, "fxtract") TOP(fchs, "fchs") TOP(fabs_, "fabs")
MEM(fcom, "fcom %%st(1)") MEM(fucom, "fucom %%st(1)") MEM(ftst, "ftst") MEM(fxam, "fxam")
RUN(fcomi, "fcomi %%st(1), %%st\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax\n", "mov %%al, (%[out])")
RUN(fucomi, "fucomi %%st(1), %%st\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax\n", "mov %%al, (%[out])")
/* FCOMI with an unmasked exception leaves the flags alone: run with carry, parity and zero set beforehand. */
MEM(fsts, "fsts (%[out])") MEM(fstl, "fstl (%[out])") MEM(fistps, "fistps (%[out])") MEM(fistpl, "fistpl (%[out])")
MEM(fistpq, "fistpq (%[out])") MEM(fisttps, "fisttps (%[out])") MEM(fisttpl, "fisttpl (%[out])")
MEM(fisttpq, "fisttpq (%[out])") MEM(fbstp, "fbstp (%[out])")
#define LOAD(name, insn) RUN(name, insn " (%[in])", "fstpt (%[out])")
/* Loads: the operand is memory, so what FLD m80 makes of it is only ballast on the stack. */
LOAD(flds, "flds") LOAD(fldl, "fldl") LOAD(filds, "filds") LOAD(fildl, "fildl") LOAD(fildq, "fildq") LOAD(fbld, "fbld")
/* Arithmetic with m32 and m64: op1 = ST(0), op2 = memory. */
#define ARITH(name, insn) RUN(name, insn " 16(%[in])", "fstpt (%[out])")
ARITH(fadds, "fadds") ARITH(faddl, "faddl") ARITH(fdivs, "fdivs") ARITH(fdivl, "fdivl") ARITH(fmull, "fmull")
MEM(fcoms, "fcoms 16(%[in])") MEM(fcoml, "fcoml 16(%[in])")
#define CONSTANT(name) ONE(name, #name)
CONSTANT(fld1) CONSTANT(fldl2t) CONSTANT(fldl2e) CONSTANT(fldpi) CONSTANT(fldlg2) CONSTANT(fldln2) CONSTANT(fldz)

#define STACK2(name) {#name, {F80, F80}, {F80}, name}
#define STACK1(name) {#name, {F80}, {F80}, name}
#define LOADS(name, type) {#name, {type}, {F80}, name}
#define STORES(name, type) {#name, {F80}, {type}, name}
static const struct op ops[] = {
  STACK2(fadd), STACK2(fsub), STACK2(fmul), STACK2(fdiv), STACK1(fsqrt), STACK2(fprem), STACK2(fprem1), STACK2(fscale),
  STACK1(frndint), {"fxtract", {F80}, {F80, F80}, fxtract}, STACK1(fchs), {"fabs", {F80}, {F80}, fabs_},
  {"fcom", {F80, F80}, {NONE}, fcom}, {"fucom", {F80, F80}, {NONE}, fucom}, {"ftst", {F80}, {NONE}, ftst},
  {"fxam", {F80}, {NONE}, fxam}, {"fcomi", {F80, F80}, {IMM}, fcomi}, {"fucomi", {F80, F80}, {IMM}, fucomi},
  STORES(fsts, F32), STORES(fstl, F64), STORES(fistps, I16), STORES(fistpl, I32), STORES(fistpq, I64),
  STORES(fisttps, I16), STORES(fisttpl, I32), STORES(fisttpq, I64), STORES(fbstp, BCD),
  LOADS(flds, F32), LOADS(fldl, F64), LOADS(filds, I16), LOADS(fildl, I32), LOADS(fildq, I64), LOADS(fbld, BCD),
  {"fadds", {F80, F32}, {F80}, fadds}, {"faddl", {F80, F64}, {F80}, faddl}, {"fdivs", {F80, F32}, {F80}, fdivs},
  {"fdivl", {F80, F64}, {F80}, fdivl}, {"fmull", {F80, F64}, {F80}, fmull},
  {"fcoms", {F80, F32}, {NONE}, fcoms}, {"fcoml", {F80, F64}, {NONE}, fcoml},
};
static const struct op constants[] = {
  {"fld1", {NONE}, {F80}, fld1}, {"fldl2t", {NONE}, {F80}, fldl2t}, {"fldl2e", {NONE}, {F80}, fldl2e},
  {"fldpi", {NONE}, {F80}, fldpi}, {"fldlg2", {NONE}, {F80}, fldlg2}, {"fldln2", {NONE}, {F80}, fldln2},
  {"fldz", {NONE}, {F80}, fldz},
};

int main(int argc, char **argv) {
  int records = argc > 1 ? atoi(argv[1]) : 20, randoms = argc > 2 ? atoi(argv[2]) : 160;
  if (argc > 3) random_state ^= strtoull(argv[3], 0, 0);
  fill_pools(randoms);
  const int count = (int)(sizeof ops / sizeof *ops);
  print_pools(ops, count);
  for (int i = 0; i < (int)(sizeof constants / sizeof *constants); i++)
    for (uint32_t rc = 0; rc < 4; rc++) run_group(&constants[i], 0x033f | rc << 10, 1);
  static const uint32_t pcs[] = {0x000, 0x200, 0x300};
  for (int i = 0; i < count; i++) {
    int n = i < 8 ? records * 2 : records;
    for (uint32_t rc = 0; rc < 4; rc++) {
      for (int p = i < 5 ? 0 : 2; p < 3; p++) run_group(&ops[i], 0x003f | rc << 10 | pcs[p], n);
      run_group(&ops[i], rc << 10 | pcs[i < 5 ? (i + rc) % 3 : 2], n);
    }
    for (uint32_t e = 0; e < 6; e++) run_group(&ops[i], (0x033f & ~(1u << e)) | (i + e) % 4 << 10, records / 3);
  }
  return 0;
}
