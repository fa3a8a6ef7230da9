/* Runs SSE and FMA scalar instructions on this processor and prints vectors: see README.md here. */
#include "common.h"

#define DEFAULT_MXCSR 0x1f80u
/* Status: MXCSR flags; TRAPPED if an unmasked exception was taken (the flags are those seen by the handler). */
#define TRAPPED 0x80u

static volatile uint32_t trapped_mxcsr;
static volatile int trapped;

static void on_fpe(int signal_number, siginfo_t *info, void *context) {
  (void)signal_number; (void)info;
  ucontext_t *uc = context;
  trapped = 1;
  trapped_mxcsr = uc->uc_mcontext.fpregs->mxcsr;
  uc->uc_mcontext.fpregs->mxcsr |= 0x1f80; /* masked now, the instruction runs again and completes */
}

static uint32_t status_of(uint32_t mxcsr, bytes16 *out) {
  if (!trapped) return mxcsr & 0x3f;
  trapped = 0;
  memset(out, 0xcc, sizeof(bytes16));
  return (trapped_mxcsr & 0x3f) | TRAPPED;
}

/* op1 in xmm0, op2 in xmm1, op3 in xmm2; the result is xmm0 unless `store` says otherwise. */
#define RUN(name, insn, store)                                                                                  \
  static uint32_t name(uint32_t control, bytes16 *in, bytes16 *out) {                                           \
    uint32_t after = 0, normal = DEFAULT_MXCSR;                                                                 \
    __asm__ volatile("movdqu (%[in]), %%xmm0\n movdqu 16(%[in]), %%xmm1\n movdqu 32(%[in]), %%xmm2\n"            \
                     "ldmxcsr %[control]\n" insn "\n stmxcsr %[after]\n ldmxcsr %[normal]\n" store "\n"         \
                     : [after] "+m"(after)                                                                      \
                     : [in] "r"(in), [out] "r"(out), [control] "m"(control), [normal] "m"(normal)               \
                     : "xmm0", "xmm1", "xmm2", "rax", "memory", "cc");                                          \
    return status_of(after, out);                                                                               \
  }
#define XMM(name, insn) RUN(name, insn, "movdqu %%xmm0, (%[out])")
#define GPR(name, insn) RUN(name, insn, "mov %%rax, (%[out])")
#define BOTH(op) XMM(op##_ss, #op "ss %%xmm1, %%xmm0") XMM(op##_sd, #op "sd %%xmm1, %%xmm0")
BOTH(add) BOTH(sub) BOTH(mul) BOTH(div) BOTH(min) BOTH(max)
XMM(sqrt_ss, "sqrtss %%xmm0, %%xmm0") XMM(sqrt_sd, "sqrtsd %%xmm0, %%xmm0")
GPR(comi_ss, "comiss %%xmm1, %%xmm0\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax")
GPR(comi_sd, "comisd %%xmm1, %%xmm0\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax")
GPR(ucomi_ss, "ucomiss %%xmm1, %%xmm0\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax")
GPR(ucomi_sd, "ucomisd %%xmm1, %%xmm0\n lahf\n movzx %%ah, %%eax\n and $0x45, %%eax")
XMM(cvtss2sd, "cvtss2sd %%xmm0, %%xmm0") XMM(cvtsd2ss, "cvtsd2ss %%xmm0, %%xmm0")
GPR(cvtss2si, "cvtss2si %%xmm0, %%eax") GPR(cvtss2siq, "cvtss2si %%xmm0, %%rax")
GPR(cvttss2si, "cvttss2si %%xmm0, %%eax") GPR(cvttss2siq, "cvttss2si %%xmm0, %%rax")
GPR(cvtsd2si, "cvtsd2si %%xmm0, %%eax") GPR(cvtsd2siq, "cvtsd2si %%xmm0, %%rax")
GPR(cvttsd2si, "cvttsd2si %%xmm0, %%eax") GPR(cvttsd2siq, "cvttsd2si %%xmm0, %%rax")
XMM(cvtsi2ss, "cvtsi2ssl (%[in]), %%xmm0") XMM(cvtsi2ssq, "cvtsi2ssq (%[in]), %%xmm0")
XMM(cvtsi2sd, "cvtsi2sdl (%[in]), %%xmm0") XMM(cvtsi2sdq, "cvtsi2sdq (%[in]), %%xmm0")
#define FMA(form) XMM(fma##form##_ss, "vfmadd" #form "ss %%xmm2, %%xmm1, %%xmm0") \
                  XMM(fma##form##_sd, "vfmadd" #form "sd %%xmm2, %%xmm1, %%xmm0")
FMA(132) FMA(213) FMA(231)

#define EACH8(M, p) M(p##0) M(p##1) M(p##2) M(p##3) M(p##4) M(p##5) M(p##6) M(p##7) \
                    M(p##8) M(p##9) M(p##a) M(p##b) M(p##c) M(p##d) M(p##e) M(p##f)
#define CMP(i) XMM(cmpss_##i, "vcmpss $" #i ", %%xmm1, %%xmm0, %%xmm0") XMM(cmpsd_##i, "vcmpsd $" #i ", %%xmm1, %%xmm0, %%xmm0")
EACH8(CMP, 0x0) EACH8(CMP, 0x1)
#define ROUND(i) XMM(roundss_##i, "roundss $" #i ", %%xmm0, %%xmm0") XMM(roundsd_##i, "roundsd $" #i ", %%xmm0, %%xmm0")
EACH8(ROUND, 0x0)
#define NAME_CMPSS(i) cmpss_##i,
#define NAME_CMPSD(i) cmpsd_##i,
#define NAME_ROUNDSS(i) roundss_##i,
#define NAME_ROUNDSD(i) roundsd_##i,
static const run_fn cmpss_table[] = {EACH8(NAME_CMPSS, 0x0) EACH8(NAME_CMPSS, 0x1)};
static const run_fn cmpsd_table[] = {EACH8(NAME_CMPSD, 0x0) EACH8(NAME_CMPSD, 0x1)};
static const run_fn roundss_table[] = {EACH8(NAME_ROUNDSS, 0x0)};
static const run_fn roundsd_table[] = {EACH8(NAME_ROUNDSD, 0x0)};
static uint32_t cmp_ss(uint32_t c, bytes16 *in, bytes16 *out) { return cmpss_table[in[2][0] & 31](c, in, out); }
static uint32_t cmp_sd(uint32_t c, bytes16 *in, bytes16 *out) { return cmpsd_table[in[2][0] & 31](c, in, out); }
static uint32_t round_ss(uint32_t c, bytes16 *in, bytes16 *out) { return roundss_table[in[1][0] & 15](c, in, out); }
static uint32_t round_sd(uint32_t c, bytes16 *in, bytes16 *out) { return roundsd_table[in[1][0] & 15](c, in, out); }

#define BINARY(op) {#op "ss", {F32, F32}, {F32}, op##_ss}, {#op "sd", {F64, F64}, {F64}, op##_sd}
static const struct op ops[] = {
  BINARY(add), BINARY(sub), BINARY(mul), BINARY(div), BINARY(min), BINARY(max),
  {"sqrtss", {F32}, {F32}, sqrt_ss}, {"sqrtsd", {F64}, {F64}, sqrt_sd},
  {"comiss", {F32, F32}, {IMM}, comi_ss}, {"comisd", {F64, F64}, {IMM}, comi_sd},
  {"ucomiss", {F32, F32}, {IMM}, ucomi_ss}, {"ucomisd", {F64, F64}, {IMM}, ucomi_sd},
  {"cmpss", {F32, F32, IMM}, {I32}, cmp_ss}, {"cmpsd", {F64, F64, IMM}, {I64}, cmp_sd},
  {"roundss", {F32, IMM}, {F32}, round_ss}, {"roundsd", {F64, IMM}, {F64}, round_sd},
  {"cvtss2sd", {F32}, {F64}, cvtss2sd}, {"cvtsd2ss", {F64}, {F32}, cvtsd2ss},
  {"cvtss2si", {F32}, {I32}, cvtss2si}, {"cvtss2siq", {F32}, {I64}, cvtss2siq},
  {"cvttss2si", {F32}, {I32}, cvttss2si}, {"cvttss2siq", {F32}, {I64}, cvttss2siq},
  {"cvtsd2si", {F64}, {I32}, cvtsd2si}, {"cvtsd2siq", {F64}, {I64}, cvtsd2siq},
  {"cvttsd2si", {F64}, {I32}, cvttsd2si}, {"cvttsd2siq", {F64}, {I64}, cvttsd2siq},
  {"cvtsi2ss", {I32}, {F32}, cvtsi2ss}, {"cvtsi2ssq", {I64}, {F32}, cvtsi2ssq},
  {"cvtsi2sd", {I32}, {F64}, cvtsi2sd}, {"cvtsi2sdq", {I64}, {F64}, cvtsi2sdq},
  {"fma132ss", {F32, F32, F32}, {F32}, fma132_ss}, {"fma132sd", {F64, F64, F64}, {F64}, fma132_sd},
  {"fma213ss", {F32, F32, F32}, {F32}, fma213_ss}, {"fma213sd", {F64, F64, F64}, {F64}, fma213_sd},
  {"fma231ss", {F32, F32, F32}, {F32}, fma231_ss}, {"fma231sd", {F64, F64, F64}, {F64}, fma231_sd},
};

int main(int argc, char **argv) {
  int records = argc > 1 ? atoi(argv[1]) : 24, randoms = argc > 2 ? atoi(argv[2]) : 160;
  if (argc > 3) random_state ^= strtoull(argv[3], 0, 0);
  struct sigaction action = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
  sigaction(SIGFPE, &action, 0);
  fill_pools(randoms);
  const int count = (int)(sizeof ops / sizeof *ops);
  print_pools(ops, count);
  for (int i = 0; i < count; i++) {
    /* masked: every rounding × DAZ × FTZ (each rounding always with neither, the others taking turns); then single
       exceptions unmasked, then all of them, with and without DAZ and FTZ */
    for (uint32_t rc = 0; rc < 4; rc++) {
      run_group(&ops[i], 0x1f80 | rc << 13, records * 2);
      run_group(&ops[i], 0x1f80 | rc << 13 | ((i + rc) % 3 != 0) << 15 | ((i + rc) % 3 != 1) << 6, records);
    }
    for (uint32_t e = 0; e < 6; e++) run_group(&ops[i], (0x1f80 & ~(0x80u << e)) | (i + e) % 4 << 13, records / 3);
    for (uint32_t f = 0; f < 4; f++) run_group(&ops[i], (f & 1) << 6 | (f >> 1) << 15 | (i + f) % 4 << 13, records / 3);
  }
  return 0;
}
