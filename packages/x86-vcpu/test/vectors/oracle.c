/*
 * Runs single instructions on this processor: records of case-state.ts on standard input, what became of them on
 * standard output. It knows nothing of instructions. A case is one return from a signal handler with the whole state
 * in the frame and TF set; the trap or fault that follows brings the state back.
 *
 * Build: gcc -O2 -fno-stack-protector -fPIE -pie. Needs Linux on x86-64 with modify_ldt for 16-bit code.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define CODE_PAGE 0x200000u
#define CODE_AT 0x800u
#define DATA_PAGE 0x300000u
#define MAX_STEPS 200
#define WINDOW_BYTES 592

struct record {
  uint64_t gpr[16];
  uint64_t rip, rflags;
  int32_t trap;
  uint32_t error;
  uint64_t cr2;
  uint16_t fcw, fsw;
  uint8_t tags, pad[3];
  uint32_t mxcsr, pad2;
  uint8_t st[8][16];
  uint8_t xmm[16][16];
  uint32_t mode, repeats, length, stray;
  uint8_t code[16];
  struct { uint32_t at, length; } window[2];
  uint8_t bytes[2][WINDOW_BYTES];
};
_Static_assert(sizeof(struct record) == 1792, "case-state.ts says so");

/* What this file uses of the kernel's 64-bit frame: FXSAVE layout, then the XSAVE header. */
struct fx {
  uint16_t fcw, fsw;
  uint8_t tags, reserved;
  uint16_t fop;
  uint64_t fip, fdp;
  uint32_t mxcsr, mask;
  uint8_t st[8][16], xmm[16][16], rest[96];
};

static struct record now;
static uint8_t *const code = (uint8_t *)(uintptr_t)CODE_PAGE;
static uint8_t *const data = (uint8_t *)(uintptr_t)DATA_PAGE;
static uint8_t before[4096];
static int running, steps;
static uint16_t cs16, ss16;

static const int order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                              REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

static uint8_t input[1 << 16], output[1 << 16];
static size_t have, at, filled;

static int take(void *to, size_t count) {
  while (count) {
    if (at == have) {
      ssize_t got = read(0, input, sizeof input);
      if (got <= 0) return 0;
      have = (size_t)got;
      at = 0;
    }
    size_t part = have - at < count ? have - at : count;
    memcpy(to, input + at, part);
    at += part;
    to = (uint8_t *)to + part;
    count -= part;
  }
  return 1;
}

static void flush_output(void) {
  for (size_t done = 0; done < filled;) {
    ssize_t put = write(1, output + done, filled - done);
    if (put <= 0) _exit(1);
    done += (size_t)put;
  }
  filled = 0;
}

static void give(const void *from, size_t count) {
  if (filled + count > sizeof output) flush_output();
  memcpy(output + filled, from, count);
  filled += count;
}

static void start(ucontext_t *uc) {
  if (!take(&now, sizeof now)) {
    flush_output();
    _exit(0);
  }
  memset(data, 0, 4096);
  for (int i = 0; i < 2; i++)
    if (now.window[i].length) memcpy(data + now.window[i].at, now.bytes[i], now.window[i].length);
  memcpy(before, data, 4096);
  memcpy(code + CODE_AT, now.code, sizeof now.code);
  for (int i = 0; i < 16; i++) uc->uc_mcontext.gregs[order[i]] = (greg_t)now.gpr[i];
  uc->uc_mcontext.gregs[REG_RIP] = (greg_t)now.rip;
  uc->uc_mcontext.gregs[REG_EFL] = (greg_t)(now.rflags | 0x100);
  uint64_t cs = now.mode == 64 ? 0x33 : now.mode == 32 ? 0x23 : cs16, ss = now.mode == 16 ? ss16 : 0x2b;
  uc->uc_mcontext.gregs[REG_CSGSFS] = (greg_t)(cs | ss << 48);
  uc->uc_flags |= 6; /* SS is in the frame and meant. */
  struct fx *fx = (struct fx *)uc->uc_mcontext.fpregs;
  fx->fcw = now.fcw;
  fx->fsw = now.fsw;
  fx->tags = now.tags;
  fx->mxcsr = now.mxcsr;
  memcpy(fx->st, now.st, sizeof fx->st);
  memcpy(fx->xmm, now.xmm, sizeof fx->xmm);
  uint64_t *features = (uint64_t *)((uint8_t *)fx + 512);
  *features |= 3;
  uint16_t user = now.mode == 16 || (now.repeats & 2) ? ss16 : 0x2b;
  __asm__ volatile("mov %0, %%ds; mov %0, %%es" : : "r"(user));
  steps = 0;
}

static void finish(const ucontext_t *uc, int signal) {
  const struct fx *fx = (const struct fx *)uc->uc_mcontext.fpregs;
  for (int i = 0; i < 16; i++) now.gpr[i] = (uint64_t)uc->uc_mcontext.gregs[order[i]];
  now.rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
  now.rflags = (uint64_t)uc->uc_mcontext.gregs[REG_EFL] & ~0x10100ull;
  int trap = (int)uc->uc_mcontext.gregs[REG_TRAPNO];
  now.trap = signal == SIGTRAP && trap == 1 ? -1 : trap;
  now.error = now.trap < 0 ? 0 : (uint32_t)uc->uc_mcontext.gregs[REG_ERR];
  now.cr2 = now.trap == 14 ? (uint64_t)uc->uc_mcontext.gregs[REG_CR2] : 0;
  now.fcw = fx->fcw;
  now.fsw = fx->fsw;
  now.tags = fx->tags;
  now.mxcsr = fx->mxcsr;
  memcpy(now.st, fx->st, sizeof fx->st);
  memcpy(now.xmm, fx->xmm, sizeof fx->xmm);
  now.window[0].length = now.window[1].length = now.stray = 0;
  if (memcmp(before, data, 4096)) {
    unsigned low = 0, high = 4096;
    while (before[low] == data[low]) low++;
    while (before[high - 1] == data[high - 1]) high--;
    now.window[0].at = low;
    if (high - low > 2 * WINDOW_BYTES) now.stray = 1;
    else now.window[0].length = high - low, memcpy(now.bytes, data + low, high - low);
  }
  give(&now, sizeof now);
}

static void handle(int signal, siginfo_t *info, void *context) {
  ucontext_t *uc = context;
  (void)info;
  if (running) {
    /* A repeated string instruction traps after each iteration. */
    if (signal == SIGTRAP && (now.repeats & 1) && (uint64_t)uc->uc_mcontext.gregs[REG_RIP] == now.rip && ++steps < MAX_STEPS) {
      uc->uc_mcontext.gregs[REG_EFL] |= 0x100;
      return;
    }
    finish(uc, signal);
  }
  running = 1;
  start(uc);
}

/* The kernel leaves AC, NT and ID as the case had them: AC would fault here, the others would stay for the next case. */
__attribute__((naked)) static void on_signal(int signal, siginfo_t *info, void *context) {
  (void)signal, (void)info, (void)context;
  __asm__("pushfq\n andq $~0x244000, (%rsp)\n popfq\n jmp handle_signal\n");
}
__attribute__((used)) void handle_signal(int signal, siginfo_t *info, void *context) __asm__("handle_signal");
void handle_signal(int signal, siginfo_t *info, void *context) { handle(signal, info, context); }

static uint16_t descriptor(unsigned entry, unsigned base, int contents) {
  struct user_desc d = {.entry_number = entry, .base_addr = base, .limit = 0xffff, .seg_32bit = 0, .contents = (unsigned)contents, .useable = 1};
  if (syscall(SYS_modify_ldt, 0x11, &d, sizeof d) != 0) perror("modify_ldt"), exit(1);
  return (uint16_t)(entry << 3 | 7);
}

int main(void) {
  int all = PROT_READ | PROT_WRITE | PROT_EXEC, how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED;
  if (mmap(code, 4096, all, how, -1, 0) != code || mmap(data, 4096, all & ~PROT_EXEC, how, -1, 0) != data) perror("mmap"), exit(1);
  cs16 = descriptor(0, CODE_PAGE, 2);
  ss16 = descriptor(1, DATA_PAGE, 0);
  stack_t stack = {.ss_size = 1 << 16};
  stack.ss_sp = mmap(0, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  sigaltstack(&stack, 0);
  struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
  static const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGUSR1};
  for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) sigaction(signals[i], &action, 0);
  /* The extended state must be in use, or the frame would not carry it. */
  __asm__ volatile("fninit; fld1; fstp %st(0); pxor %xmm0, %xmm0");
  raise(SIGUSR1);
  return 1;
}
