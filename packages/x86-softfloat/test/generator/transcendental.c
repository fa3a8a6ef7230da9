/* Runs the transcendental x87 instructions on this processor and prints vectors: see README.md here. */
#include "x87.h"

TOP(f2xm1, "f2xm1") RUN(fyl2x, "fyl2x", "fstpt (%[out])") RUN(fyl2xp1, "fyl2xp1", "fstpt (%[out])")
RUN(fpatan, "fpatan", "fstpt (%[out])") TOP(fsin_, "fsin") TOP(fcos_, "fcos")
/* The pushed result comes out first. If C2 is set nothing was pushed and the second result is op2. */
TWO(fsincos_, "fsincos") TWO(fptan, "fptan")

/* ST(0) and ST(1) for the two-operand instructions; operands suit the instruction, so each has its own pool. */
static const struct op ops[] = {
  {"f2xm1", {F80}, {F80}, f2xm1}, {"fyl2x", {F80, F80}, {F80}, fyl2x}, {"fyl2xp1", {F80, F80}, {F80}, fyl2xp1},
  {"fpatan", {F80, F80}, {F80}, fpatan}, {"fsin", {F80}, {F80}, fsin_}, {"fcos", {F80}, {F80}, fcos_},
  {"fsincos", {F80}, {F80, F80}, fsincos_}, {"fptan", {F80}, {F80, F80}, fptan},
};

int main(int argc, char **argv) {
  int records = argc > 1 ? atoi(argv[1]) : 40, randoms = argc > 2 ? atoi(argv[2]) : 300;
  if (argc > 3) random_state ^= strtoull(argv[3], 0, 0);
  fill_pools(randoms);
  /* Moderate numbers: most of them within the range of F2XM1 and FYL2XP1, some multiples of a quarter π nearby. */
  for (int i = 0; i < randoms * 3; i++) {
    uint64_t m = (i & 1 ? random64() : pattern64()) | 1ull << 63;
    uint16_t e = (uint16_t)(16383 - (i % 3 == 0 ? 70 : 8) + (int)below(i % 3 == 0 ? 140 : 10)) | (uint16_t)(below(2) << 15);
    if (i % 10 == 0) {
      long double q = 0.785398163397448309616L * (long double)(1 + below(i % 20 ? 20 : 1000000));
      uint8_t t[16]; memcpy(t, &q, 10); memcpy(&m, t, 8); m += below(5) - 2;
      uint16_t qe; memcpy(&qe, t + 8, 2); e = (uint16_t)(qe | (e & 0x8000));
    }
    uint8_t v[10]; memcpy(v, &m, 8); memcpy(v + 8, &e, 2); add_value(F80, v);
  }
  const int count = (int)(sizeof ops / sizeof *ops);
  print_pools(ops, count);
  for (int i = 0; i < count; i++) {
    run_group(&ops[i], 0x033f, records * 4);
    for (uint32_t rc = 1; rc < 4; rc++) run_group(&ops[i], 0x033f | rc << 10, records);
    run_group(&ops[i], 0x003f, records / 2);
    run_group(&ops[i], 0x0300, records);
  }
  return 0;
}
