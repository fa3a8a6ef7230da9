/*
 * Runs every form of forms.txt on this processor and prints what changed. See README.md.
 *
 * Each case starts from a state drawn by a small generator that replay.ts repeats bit for bit, so the output names
 * only results: registers, flags and memory that differ from the start, or the exception.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct form {
  const char *kind;
  const char *text;
  const uint8_t *begin;
  const uint8_t *end;
};
extern const struct form forms[];
extern const int form_count;

/* Offsets are known to harness below. */
struct state {
  uint8_t fx[512];       /* 0 */
  uint8_t fx_out[512];   /* 512 */
  uint64_t gpr[4];       /* 1024: rax rcx rdx rdi */
  uint64_t rflags;       /* 1056 */
  uint64_t gpr_out[4];   /* 1064 */
  uint64_t rflags_out;   /* 1096 */
} __attribute__((aligned(64)));

static struct state state __attribute__((aligned(64)));
static uint8_t memory[64] __attribute__((aligned(64)));
static volatile int vector; /* -1: none */

asm(".intel_syntax noprefix\n"
    ".section .rodata\n"
    "prologue: push rbx; push rbp; push r12; push r13; push r14; push r15; mov r15, rdi\n"
    "fxrstor64 [r15]; mov rax, [r15+1024]; mov rcx, [r15+1032]; mov rdx, [r15+1040]\n"
    "push qword ptr [r15+1056]; mov rdi, [r15+1048]; popfq\n"
    "prologue_end:\n"
    "epilogue: pushfq; pop qword ptr [r15+1096]; fxsave64 [r15+512]\n"
    "mov [r15+1064], rax; mov [r15+1072], rcx; mov [r15+1080], rdx; mov [r15+1088], rdi\n"
    "fninit; cld; pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx; ret\n"
    "epilogue_end:\n"
    ".text\n.att_syntax\n");
extern const uint8_t prologue[], prologue_end[], epilogue[], epilogue_end[];

static uint8_t *code;
static uint8_t *after;

static void on_signal(int number, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  vector = number == SIGFPE ? (info->si_code == FPE_INTDIV || info->si_code == FPE_INTOVF ? 0 : 19) : number == SIGILL ? 6 : 13;
  uc->uc_mcontext.gregs[REG_RIP] = (greg_t)after;
}

/* ---- operands: keep in step with draw.ts */

static uint32_t seed;
static uint32_t next(void) {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

static uint32_t f32s[64], ints[64];
static uint64_t f64s[64], f80_low[64];
static uint16_t f80_high[64];
static unsigned f32_count, f64_count, f80_count, int_count;

static void read_operands(void) {
  FILE *file = fopen("operands.txt", "r");
  char line[128];
  while (fgets(line, sizeof line, file)) {
    unsigned long long a, b;
    if (sscanf(line, "f32 %llx", &a) == 1) f32s[f32_count++] = (uint32_t)a;
    else if (sscanf(line, "f64 %llx", &a) == 1) f64s[f64_count++] = a;
    else if (sscanf(line, "f80 %llx %llx", &a, &b) == 2) f80_high[f80_count] = (uint16_t)a, f80_low[f80_count++] = b;
    else if (sscanf(line, "int %llx", &a) == 1) ints[int_count++] = (uint32_t)a;
  }
  fclose(file);
}

static uint32_t draw_int(void) {
  uint32_t u = next();
  return (u & 3) == 0 ? ints[(u >> 8) % int_count] : next();
}
static uint32_t draw_f32(void) {
  uint32_t u = next();
  if ((u & 3) <= 1) return f32s[(u >> 8) % f32_count];
  uint32_t v = next();
  if ((u & 3) == 2) return v;
  return (v & 0x807fffff) | ((117 + ((u >> 8) % 40)) << 23);
}
static uint64_t draw_f64(void) {
  uint32_t u = next();
  if ((u & 3) <= 1) return f64s[(u >> 8) % f64_count];
  uint64_t v = (uint64_t)next() << 32;
  v |= next();
  if ((u & 3) == 2) return v;
  return (v & 0x800fffffffffffffull) | ((uint64_t)(1003 + ((u >> 8) % 80)) << 52);
}
static void draw_f80(uint8_t *to) {
  uint32_t u = next();
  uint64_t low;
  uint16_t high;
  if ((u & 3) <= 1) {
    unsigned i = (u >> 8) % f80_count;
    low = f80_low[i];
    high = f80_high[i];
  } else {
    low = (uint64_t)next() << 32 | 0x8000000000000000ull;
    low |= next();
    high = (u & 3) == 2 ? (uint16_t)(u >> 8) : (uint16_t)(((u >> 8) & 0x8000) | (0x3fff - 20 + ((u >> 8) % 80)));
  }
  memcpy(to, &low, 8);
  memcpy(to + 8, &high, 2);
}

/* Sixteen bytes as the kind wants them. */
static void draw_vector(const char *kind, uint8_t *to) {
  uint32_t w[4];
  uint64_t d[2];
  if (!strcmp(kind, "f64")) {
    d[0] = draw_f64();
    d[1] = draw_f64();
    memcpy(to, d, 16);
    return;
  }
  if (!strcmp(kind, "str")) {
    uint32_t u = next();
    for (int i = 0; i < 16; i++) {
      uint32_t v = next();
      to[i] = (v & 0x1f) == 0 ? 0 : (u & 1) ? (uint8_t)(0x61 + (v >> 8) % 3) : (uint8_t)((v >> 8) % 5 * 0x3f);
    }
    return;
  }
  for (int i = 0; i < 4; i++) w[i] = !strcmp(kind, "f32") ? draw_f32() : draw_int();
  memcpy(to, w, 16);
}

static void draw_state(const char *kind) {
  int x87 = kind[0] == 'x' || kind[0] == 'b';
  memset(&state, 0, sizeof state);
  uint32_t u = next();
  uint32_t mxcsr = ((u & 3) ? 0x1f80 : (u >> 4 & 0x3f) << 7) | (u >> 10 & 3) << 13 | ((u >> 12 & 3) == 0) << 6 |
                   ((u >> 14 & 3) == 0) << 15 | ((u >> 16 & 1) << 5);
  memcpy(state.fx + 24, &mxcsr, 4);
  u = next();
  uint16_t fcw = 0x37f, fsw = 0;
  uint8_t tags = 0;
  if (x87) {
    fcw = (uint16_t)(((u & 3) ? 0x3f : u >> 4 & 0x3f) | 0x40 | (u >> 10 & 3) << 10 | ((u >> 12 & 1) ? 3u : (u >> 13 & 3)) << 8);
    fsw = (uint16_t)((u >> 15 & 7) << 11 | (u >> 18 & 1) << 14 | (u >> 19 & 7) << 8);
    tags = (u >> 22 & 3) ? 0x7f : (uint8_t)next();
    if ((u >> 24 & 7) == 0) tags = 0xff;
    /* The abridged tags go by physical register; rotate what was meant for ST(i). */
    unsigned top = fsw >> 11 & 7;
    tags = (uint8_t)(tags << top | tags >> ((8 - top) & 7));
  } else if (!strcmp(kind, "mmx")) {
    fsw = (uint16_t)((u >> 15 & 7) << 11);
    tags = (uint8_t)(u >> 18);
  }
  memcpy(state.fx, &fcw, 2);
  memcpy(state.fx + 2, &fsw, 2);
  state.fx[4] = tags;
  for (int i = 0; i < 8; i++) {
    if (x87) draw_f80(state.fx + 32 + 16 * i);
    else {
      uint32_t w[2];
      w[0] = draw_int();
      w[1] = draw_int();
      memcpy(state.fx + 32 + 16 * i, w, 8);
      memset(state.fx + 40 + 16 * i, 0xff, 2);
    }
  }
  for (int i = 0; i < 3; i++) draw_vector(kind, state.fx + 160 + 16 * i);
  /* Small shift counts, sometimes. */
  if (!strcmp(kind, "int") || !strcmp(kind, "mmx")) {
    u = next();
    if ((u & 3) == 0) {
      uint64_t count = u >> 8 & 0x3f;
      memcpy(state.fx + 176, &count, 8);
      memcpy(state.fx + 32 + 16 * ((1 - (fsw >> 11 & 7)) & 7), &count, 8);
    }
  }
  for (int i = 0; i < 4; i++) {
    uint8_t bytes[16];
    if (!strcmp(kind, "bcd")) {
      for (int j = 0; j < 16; j++) {
        uint32_t v = next();
        bytes[j] = (uint8_t)((v & 15) % 10 | ((v >> 4 & 15) % 10) << 4);
      }
    } else if (!strcmp(kind, "x87")) {
      /* Memory operands of all three widths. */
      u = next();
      if ((u & 3) == 0) draw_vector("f32", bytes);
      else if ((u & 3) == 1) draw_vector("f64", bytes);
      else {
        memset(bytes, 0, 16);
        draw_f80(bytes);
      }
    } else draw_vector(kind, bytes);
    memcpy(memory + 16 * i, bytes, 16);
  }
  if (!strcmp(kind, "bcd")) memory[9] &= 0x80;
  for (int i = 0; i < 3; i++) {
    uint64_t low = draw_int(), high = draw_int();
    state.gpr[i] = high << 32 | low;
    /* Narrow values and shift counts, so that something happens in every width. */
    if (!strcmp(kind, "gpr")) {
      uint32_t v = next();
      if ((v & 3) == 0) state.gpr[i] = v >> 8 & 0x7f;
      else if ((v & 3) == 1) state.gpr[i] &= 0xffff;
    }
    if (!strcmp(kind, "str")) state.gpr[i] = (low & 1) ? (low >> 8 & 31) - 8 : low >> 1 & 7 ? low & 0xffffffff : state.gpr[i];
  }
  state.gpr[3] = (uint64_t)memory;
  state.rflags = 0x202 | (next() & 0x8d5);
}

static void print_hex(const char *name, const void *bytes, int count) {
  printf(" %s=", name);
  for (int i = count - 1; i >= 0; i--) printf("%02x", ((const uint8_t *)bytes)[i]);
}

static void print_change(const char *name, const void *before, const void *after_, int count) {
  if (memcmp(before, after_, (size_t)count)) print_hex(name, after_, count);
}

static void run(const struct form *form) {
  size_t size = (size_t)(form->end - form->begin);
  size_t head = (size_t)(prologue_end - prologue), tail = (size_t)(epilogue_end - epilogue);
  memcpy(code, prologue, head);
  memcpy(code + head, form->begin, size);
  after = code + head + size;
  memcpy(after, epilogue, tail);
  uint8_t before[64];
  memcpy(before, memory, 64);
  vector = -1;
  ((void (*)(struct state *))code)(&state);
  if (vector >= 0) printf(" #%d", vector);
  const uint8_t *a = state.fx, *b = state.fx_out;
  print_change("fcw", a, b, 2);
  print_change("fsw", a + 2, b + 2, 2);
  print_change("tags", a + 4, b + 4, 1);
  print_change("mxcsr", a + 24, b + 24, 4);
  char name[8];
  /* ST(i) are printed as physical registers, so that a moved TOP alone is no change. */
  unsigned top_in = a[3] >> 3 & 7, top_out = b[3] >> 3 & 7;
  for (unsigned r = 0; r < 8; r++) {
    sprintf(name, "r%u", r);
    print_change(name, a + 32 + 16 * ((r - top_in) & 7), b + 32 + 16 * ((r - top_out) & 7), 10);
  }
  for (int i = 0; i < 3; i++) {
    sprintf(name, "xmm%d", i);
    print_change(name, a + 160 + 16 * i, b + 160 + 16 * i, 16);
  }
  static const char *const names[] = {"rax", "rcx", "rdx"};
  for (int i = 0; i < 3; i++) print_change(names[i], &state.gpr[i], &state.gpr_out[i], 8);
  uint64_t flags = state.rflags_out & 0x8d5, was = state.rflags & 0x8d5;
  print_change("flags", &was, &flags, 2);
  for (int i = 0; i < 4; i++) {
    sprintf(name, "m%d", i * 16);
    print_change(name, before + 16 * i, memory + 16 * i, 16);
  }
  printf(" .\n");
}

int main(int argc, char **argv) {
  const char *wanted = argc > 1 ? argv[1] : "";
  int scale = argc > 2 ? atoi(argv[2]) : 1;
  read_operands();
  code = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigaction(SIGFPE, &action, 0);
  sigaction(SIGILL, &action, 0);
  sigaction(SIGSEGV, &action, 0);
  for (int i = 0; i < form_count; i++) {
    const struct form *form = &forms[i];
    if (!strstr(wanted, form->kind) || strlen(wanted) == 0) continue;
    /* Exact match inside a comma-separated list. */
    const char *at = strstr(wanted, form->kind);
    size_t length = strlen(form->kind);
    while (at && !((at == wanted || at[-1] == ',') && (at[length] == ',' || at[length] == 0))) at = strstr(at + 1, form->kind);
    if (!at) continue;
    int count = scale * (!strcmp(form->kind, "int") || !strcmp(form->kind, "mmx") || !strcmp(form->kind, "gpr") ? 12 : !strcmp(form->kind, "str") ? 10 : 40);
    if (strstr(form->text, "[rdi")) count = (count + 1) / 2;
    printf("%s|%s|", form->kind, form->text);
    for (const uint8_t *p = form->begin; p < form->end; p++) printf("%02x", *p);
    seed = 0x9e3779b9u * (uint32_t)(i + 1);
    printf("|%08x\n", seed);
    for (int n = 0; n < count; n++) {
      draw_state(form->kind);
      run(form);
    }
  }
  return 0;
}
