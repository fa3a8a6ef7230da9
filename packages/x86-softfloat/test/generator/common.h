/* Shared by the generators: operand pools, the choice of operands, and the packed output. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

typedef uint8_t bytes16[16];

enum type { NONE, F32, F64, F80, I16, I32, I64, IMM, BCD, TYPES };
static const char *const type_name[TYPES] = {"-", "f32", "f64", "f80", "i16", "i32", "i64", "imm", "bcd"};
static const int type_size[TYPES] = {0, 4, 8, 10, 2, 4, 8, 1, 10};

/* Runs one instruction under `control` and returns the status to record. */
typedef uint32_t (*run_fn)(uint32_t control, bytes16 *in, bytes16 *out);

struct op {
  const char *name;
  enum type in[3];
  enum type out[2];
  run_fn run;
};

static uint64_t random_state = 0x9e3779b97f4a7c15u;
static uint64_t random64(void) {
  uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}
static uint32_t below(uint32_t n) { return (uint32_t)(random64() % n); }

/* A 64-bit pattern in which long runs, single bits and noise all occur. */
static uint64_t pattern64(void) {
  switch (below(6)) {
    case 0: return random64();
    case 1: return random64() & (~0ull << below(64));
    case 2: return 1ull << below(64);
    case 3: return (~0ull << below(64)) & (~0ull >> below(64));
    case 4: return ~(1ull << below(64)) << below(40);
    default: return (random64() >> below(64)) ^ (random64() << below(64));
  }
}

#define MAX_POOL 4096
static bytes16 pool[TYPES][MAX_POOL];
static int pool_count[TYPES];

static void add_value(enum type t, const void *value) {
  if (pool_count[t] == MAX_POOL) return;
  memcpy(pool[t][pool_count[t]++], value, (size_t)type_size[t]);
}

static int random_exponent(int bias, int max, int wide) {
  switch (below(4)) {
    case 0: return bias - 3 + (int)below(7);
    case 1: return bias - wide + (int)below((uint32_t)(2 * wide + 1));
    case 2: return (int)below((uint32_t)wide);
    default: return max - 1 - (int)below((uint32_t)wide);
  }
}

static void fill_pools(int randoms) {
  static const uint32_t f32[] = {0, 1, 2, 0x7fffff, 0x400000, 0x800000, 0x800001, 0x3f800000, 0x3f800001, 0x3f7fffff,
    0x3f000000, 0x40000000, 0x40400000, 0x4b800000, 0x4effffff, 0x4f000000, 0x5f000000, 0x5effffff, 0x7f7fffff,
    0x7f000000, 0x7f800000, 0x7f800001, 0x7fc00000, 0x7fc12345, 0x7fa54321, 0x34000000, 0x3fc00000, 0x40200000};
  for (unsigned i = 0; i < sizeof f32 / 4; i++)
    for (uint32_t s = 0; s < 2; s++) { uint32_t v = f32[i] | s << 31; add_value(F32, &v); }
  static const uint64_t f64[] = {0, 1, 2, 0xfffffffffffffu, 0x8000000000000u, 0x10000000000000u, 0x10000000000001u,
    0x3ff0000000000000u, 0x3ff0000000000001u, 0x3fefffffffffffffu, 0x3fe0000000000000u, 0x4000000000000000u,
    0x41dfffffffc00000u, 0x41e0000000000000u, 0x41dfffffffe00000u, 0x43e0000000000000u, 0x43dfffffffffffffu,
    0x7fefffffffffffffu, 0x7fe0000000000000u, 0x7ff0000000000000u, 0x7ff0000000000001u, 0x7ff8000000000000u,
    0x7ff8000012345678u, 0x7ff4567812345678u, 0x3ff8000000000000u, 0x4004000000000000u, 0x380fffffffffffffu,
    0x36a0000000000000u, 0x47efffffffffffffu, 0x47effffff0000000u, 0x47efffffe0000000u, 0x3810000000000000u,
    0x380ffffff0000000u, 0x380fffffefffffffu, 0x3690000000000000u};
  for (unsigned i = 0; i < sizeof f64 / 8; i++)
    for (uint64_t s = 0; s < 2; s++) { uint64_t v = f64[i] | s << 63; add_value(F64, &v); }
  static const struct { uint16_t e; uint64_t m; } f80[] = {{0, 0}, {0, 1}, {0, 0x7fffffffffffffffu},
    {0, 0x8000000000000000u}, {0, 0xc000000000000001u}, {0, 0x4000000000000000u}, {1, 0x8000000000000000u},
    {1, 0x8000000000000001u}, {1, 0xffffffffffffffffu}, {2, 0x8000000000000000u}, {0x3fff, 0x8000000000000000u},
    {0x3fff, 0x8000000000000001u}, {0x3ffe, 0xffffffffffffffffu}, {0x3ffe, 0x8000000000000000u},
    {0x4000, 0x8000000000000000u}, {0x3fff, 0xc000000000000000u}, {0x4000, 0xa000000000000000u},
    {0x400d, 0xfffe000000000000u}, {0x400e, 0x8000000000000000u}, {0x401d, 0xfffffffe00000000u},
    {0x401e, 0x8000000000000000u}, {0x403d, 0xfffffffffffffffeu}, {0x403e, 0x8000000000000000u},
    {0x403a, 0xde0b6b3a763fffffu}, {0x403a, 0xde0b6b3a76400000u}, {0x403a, 0xde0b6b3a763ffff8u},
    {0x7ffe, 0xffffffffffffffffu}, {0x7ffe, 0x8000000000000000u}, {0x7ffe, 0xffffff8000000000u},
    {0x7fff, 0x8000000000000000u}, {0x7fff, 0x8000000000000001u}, {0x7fff, 0xa000000000000000u},
    {0x7fff, 0xc000000000000000u}, {0x7fff, 0xc000000000000123u}, {0x7fff, 0xe000000000000000u},
    {0x7fff, 0}, {0x7fff, 0x4000000000000000u}, {0x7fff, 0x1u}, {1, 0x7fffffffffffffffu}, {0x3fff, 0x4000000000000000u},
    {0x407e, 0xffffff7fffffffffu}, {0x407e, 0xffffff8000000000u}, {0x3f80, 0xffffff8000000000u}, {0x3f80, 0xffffffffffffffffu},
    {0x43fe, 0xfffffffffffffbffu}, {0x43fe, 0xfffffffffffffc00u}, {0x3c00, 0xfffffffffffffc00u}, {0x3bcc, 0x8000000000000001u}};
  for (unsigned i = 0; i < sizeof f80 / sizeof *f80; i++)
    for (uint16_t s = 0; s < 2; s++) {
      uint8_t v[10]; uint16_t e = f80[i].e | (uint16_t)(s << 15);
      memcpy(v, &f80[i].m, 8); memcpy(v + 8, &e, 2); add_value(F80, v);
    }
  static const int64_t ints[] = {0, 1, -1, 2, 7, 100, 32767, -32768, 32768, 0x7fffffff, -0x80000000LL, 0x1000001, 0x1000003,
    0x3fffffffffffffLL, 0x20000000000001LL, 0x20000000000003LL, INT64_MAX, INT64_MIN, INT64_MAX - 511, INT64_MAX - 512};
  for (unsigned i = 0; i < sizeof ints / 8; i++) for (enum type t = I16; t <= I64; t++) add_value(t, &ints[i]);
  for (int i = 0; i < 32; i++) { uint8_t v = (uint8_t)i; add_value(IMM, &v); }
  for (int i = 0; i < randoms; i++) {
    uint64_t m = pattern64(), s = random64() & 1;
    uint32_t a = (uint32_t)(s << 31) | (uint32_t)random_exponent(127, 255, 30) << 23 | (uint32_t)(m >> 41);
    add_value(F32, &a);
    m = pattern64();
    uint64_t b = s << 63 | (uint64_t)random_exponent(1023, 2047, 70) << 52 | m >> 12;
    add_value(F64, &b);
    m = pattern64() | 1ull << 63;
    uint16_t e = (uint16_t)(s << 15 | (uint64_t)random_exponent(16383, 32767, 75));
    if ((e & 0x7fff) == 0) m &= ~(1ull << 63);
    uint8_t v[10]; memcpy(v, &m, 8); memcpy(v + 8, &e, 2); add_value(F80, v);
    m = pattern64(); add_value(I16, &m); add_value(I32, &m); add_value(I64, &m);
    uint8_t d[10];
    for (int j = 0; j < 9; j++) d[j] = (uint8_t)(below(10) << 4 | below(10));
    if (i < 20) memset(d + i % 9, 0, (size_t)(9 - i % 9));
    d[9] = (uint8_t)(random64() & 0x80); add_value(BCD, d);
  }
}

static void print_pools(const struct op *ops, int count) {
  int used[TYPES] = {0};
  for (int i = 0; i < count; i++) for (int j = 0; j < 3; j++) used[ops[i].in[j]] = 1;
  for (int t = 1; t < TYPES; t++) {
    if (!used[t]) continue;
    printf("pool %s ", type_name[t]);
    for (int i = 0; i < pool_count[t]; i++) for (int j = 0; j < type_size[t]; j++) printf("%02x", pool[t][i][j]);
    printf("\n");
  }
}

static void print_base64(const uint8_t *data, size_t length) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < length; i += 3) {
    uint32_t v = (uint32_t)data[i] << 16 | (i + 1 < length ? data[i + 1] << 8 : 0) | (i + 2 < length ? data[i + 2] : 0);
    putchar(digits[v >> 18]); putchar(digits[v >> 12 & 63]);
    putchar(i + 1 < length ? digits[v >> 6 & 63] : '='); putchar(i + 2 < length ? digits[v & 63] : '=');
  }
}

/* One line: name, operand types, result types, control word, base64 of records {u16 index…, results…, u16 status}. */
static void run_group(const struct op *op, uint32_t control, int records) {
  printf("%s %s,%s,%s %s,%s %04x ", op->name, type_name[op->in[0]], type_name[op->in[1]], type_name[op->in[2]],
    type_name[op->out[0]], type_name[op->out[1]], control);
  uint8_t *data = malloc((size_t)records * 64), *at = data;
  for (int r = 0; r < records; r++) {
    bytes16 in[3], out[2];
    memset(out, 0xcc, sizeof out);
    int corner = below(4) == 0;
    for (int i = 0; i < 3 && op->in[i]; i++) {
      int n = pool_count[op->in[i]];
      if (corner && n > 56) n = 56;
      uint16_t index = (uint16_t)below((uint32_t)n);
      memcpy(in[i], pool[op->in[i]][index], 16);
      memcpy(at, &index, 2); at += 2;
    }
    uint16_t status = (uint16_t)op->run(control, in, out);
    for (int i = 0; i < 2 && op->out[i]; i++) { memcpy(at, out[i], (size_t)type_size[op->out[i]]); at += type_size[op->out[i]]; }
    memcpy(at, &status, 2); at += 2;
  }
  print_base64(data, (size_t)(at - data));
  printf("\n");
  free(data);
}
