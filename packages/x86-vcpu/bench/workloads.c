/* Guest programs of the benchmark: 64-bit, freestanding. `generate.mjs` compiles them to workloads.gen.ts. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define MEMORY ((u8 *)0x400000)
#define ENTRY(name) __attribute__((section(".text." #name), noinline, used)) u64 name(u64 n)

ENTRY(loop) {
  u64 a = 1, b = 2;
  for (u64 i = 0; i < n; i++) {
    a += b ^ i;
    b = (b << 3) - (a >> 5);
    __asm__ volatile("" : "+r"(a), "+r"(b));
  }
  return a + b;
}

ENTRY(sieve) {
  u64 primes = 0;
  for (u64 i = 0; i < n; i++) MEMORY[i] = 1;
  for (u64 i = 2; i < n; i++) {
    if (!MEMORY[i]) continue;
    primes++;
    for (u64 j = i * 2; j < n; j += i) MEMORY[j] = 0;
  }
  return primes;
}

ENTRY(crc) {
  u32 *table = (u32 *)MEMORY;
  for (u32 i = 0; i < 256; i++) {
    u32 c = i;
    for (int k = 0; k < 8; k++) c = c & 1 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[i] = c;
  }
  u8 *data = MEMORY + 4096;
  for (u32 i = 0; i < 65536; i++) data[i] = i * 7;
  u32 crc = ~0u;
  for (u64 i = 0; i < n; i++) crc = table[(crc ^ data[i & 65535]) & 255] ^ (crc >> 8);
  return ~crc;
}

__attribute__((noinline, used, section(".text.fib"))) static u64 fib_inner(u64 n) {
  u64 a = n < 2 ? n : 0;
  if (n >= 2) {
    a = fib_inner(n - 1);
    __asm__ volatile("" : "+r"(a));
    a += fib_inner(n - 2);
  }
  return a;
}
ENTRY(fib) { return fib_inner(n); }

ENTRY(copy) {
  u64 *from = (u64 *)MEMORY, *to = (u64 *)(MEMORY + 0x100000);
  for (u64 round = 0; round < n; round++) {
    for (u64 i = 0; i < 8192; i++) to[i] = from[i];
    __asm__ volatile("" : : : "memory");
  }
  return to[5];
}

ENTRY(vm) {
  /* A byte-code interpreter with unpredictable dispatch. */
  u8 *code = MEMORY;
  u32 seed = 12345;
  for (int i = 0; i < 4096; i++) {
    seed = seed * 1103515245 + 12345;
    code[i] = (seed >> 16) & 7;
  }
  u64 acc = 1, pc = 0, x = 3;
  for (u64 i = 0; i < n; i++) {
    switch (code[pc++ & 4095]) {
      case 0: acc += x; break;
      case 1: acc ^= acc << 7; break;
      case 2: x = acc >> 9; break;
      case 3: pc += acc & 15; break;
      case 4: acc *= 5; break;
      case 5: x -= acc; break;
      case 6: if (acc & 1) x++; break;
      default: acc = (acc << 1) | (acc >> 63);
    }
    __asm__ volatile("" : "+r"(acc), "+r"(x));
  }
  return acc + x;
}

/* Much code: 512 different functions called in an order that the hash decides. */
#define F1(k) __attribute__((noinline, section(".text.big"))) static u64 f##k(u64 a, u64 *m) { \
    u64 b = a * (k * 2 + 3) + m[k & 63]; \
    if (b & (1 << (k & 7))) m[(b >> 8) & 63] ^= a; else b -= m[(a >> 3) & 63]; \
    u32 c = (u32)b >> (k & 15); \
    if ((int)c < 0) c = -c; \
    ((u8 *)m)[c & 511] += (u8)b; \
    return (b << (k & 3)) + c + ((u8 *)m)[k & 511]; }
#define F8(k) F1(k##0) F1(k##1) F1(k##2) F1(k##3) F1(k##4) F1(k##5) F1(k##6) F1(k##7)
#define F64(k) F8(k##0) F8(k##1) F8(k##2) F8(k##3) F8(k##4) F8(k##5) F8(k##6) F8(k##7)
F64(10) F64(11) F64(12) F64(13) F64(14) F64(15) F64(16) F64(17)
#define R1(k) f##k,
#define R8(k) R1(k##0) R1(k##1) R1(k##2) R1(k##3) R1(k##4) R1(k##5) R1(k##6) R1(k##7)
#define R64(k) R8(k##0) R8(k##1) R8(k##2) R8(k##3) R8(k##4) R8(k##5) R8(k##6) R8(k##7)
ENTRY(big) {
  u64 (*const functions[512])(u64, u64 *) = {R64(10) R64(11) R64(12) R64(13) R64(14) R64(15) R64(16) R64(17)};
  u64 a = 1;
  u64 *m = (u64 *)MEMORY;
  for (u64 i = 0; i < n; i++)
    for (int k = 0; k < 512; k++) a = functions[(k * 37 + (a & 7)) & 511](a, m);
  return a;
}
