/*
 * Runs a Linux x86-64 program natively and hands every SIGSEGV it takes to its parent, which may be a backdoor access: user mode cannot execute
 * IN and OUT, so the real processor does the trapping. CPUID says VMware, by patching the instruction in the program's own files.
 *
 * Protocol, one line each: on fd 4 the registers at a fault, "rax rcx rdx rbx rsp rbp rsi rdi rip bytes" in hex; on fd 3 the answer:
 *   K <nine registers>     the instruction was served, go on with these
 *   S                      it was not: deliver the signal
 *   R <address> <length>   read memory; answered on fd 4 with hex
 *   W <address> <hex>      write memory; answered on fd 4 with the count
 *
 * Used by record.mjs alone.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE_BYTES (1 << 20)

static FILE *requests, *answers;
static char line[LINE_BYTES];

static int open_memory(pid_t thread, int flags) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/mem", thread);
  return open(path, flags);
}

/* CPUID (0f a2) becomes UD2 (0f 0b) in executable mappings of VMware's own files. */
static void patch_cpuid(pid_t thread) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/maps", thread);
  FILE *maps = fopen(path, "r");
  int memory = open_memory(thread, O_RDWR);
  while (maps && fgets(text, sizeof text, maps)) {
    unsigned long from, to;
    char rights[8], file[300] = "";
    sscanf(text, "%lx-%lx %7s %*s %*s %*s %299s", &from, &to, rights, file);
    if (rights[2] != 'x' || !(strstr(file, "vmtools") || strstr(file, "vmware"))) continue;
    unsigned char *code = malloc(to - from);
    if (pread(memory, code, to - from, from) == (ssize_t)(to - from)) {
      for (size_t i = 0; i + 1 < to - from; i++) {
        if (code[i] == 0x0f && code[i + 1] == 0xa2) pwrite(memory, "\x0f\x0b", 2, from + i);
      }
    }
    free(code);
  }
  if (maps) fclose(maps);
  close(memory);
}

static void emulate_cpuid(struct user_regs_struct *regs) {
  unsigned leaf = regs->rax, eax, ebx, ecx, edx;
  __cpuid_count(leaf, (unsigned)regs->rcx, eax, ebx, ecx, edx);
  if (leaf == 1) ecx |= 1u << 31;
  if (leaf >> 8 == 0x400000) eax = ebx = ecx = edx = 0;
  if (leaf == 0x40000000) { eax = 0x40000010; ebx = 0x61774d56; ecx = 0x4d566572; edx = 0x65726177; }
  if (leaf == 0x40000010) { eax = 2400000; ebx = 100000; }
  regs->rax = eax; regs->rbx = ebx; regs->rcx = ecx; regs->rdx = edx;
  regs->rip += 2;
}

static void answer_read(pid_t thread) {
  unsigned long address;
  unsigned length;
  sscanf(line + 1, "%lx %x", &address, &length);
  unsigned char *bytes = malloc(length + 1);
  int memory = open_memory(thread, O_RDONLY);
  ssize_t got = pread(memory, bytes, length, address);
  close(memory);
  for (ssize_t i = 0; i < got; i++) fprintf(requests, "%02x", bytes[i]);
  fprintf(requests, "\n");
  free(bytes);
}

static void answer_write(pid_t thread) {
  unsigned long address;
  int at;
  sscanf(line + 1, "%lx %n", &address, &at);
  size_t length = strspn(line + 1 + at, "0123456789abcdef") / 2;
  unsigned char *bytes = malloc(length + 1);
  for (size_t i = 0; i < length; i++) sscanf(line + 1 + at + 2 * i, "%2hhx", &bytes[i]);
  int memory = open_memory(thread, O_RDWR);
  fprintf(requests, "%zd\n", pwrite(memory, bytes, length, address));
  close(memory);
  free(bytes);
}

/* Nonzero if the parent served the instruction. */
static int ask(pid_t thread, struct user_regs_struct *r, const unsigned char *bytes) {
  fprintf(requests, "%llx %llx %llx %llx %llx %llx %llx %llx %llx ", r->rax, r->rcx, r->rdx, r->rbx, r->rsp, r->rbp, r->rsi, r->rdi, r->rip);
  for (int i = 0; i < 16; i++) fprintf(requests, "%02x", bytes[i]);
  fprintf(requests, "\n");
  fflush(requests);
  while (fgets(line, sizeof line, answers)) {
    if (line[0] == 'R') answer_read(thread);
    else if (line[0] == 'W') answer_write(thread);
    else if (line[0] == 'K')
      return sscanf(line + 1, "%llx %llx %llx %llx %llx %llx %llx %llx %llx", &r->rax, &r->rcx, &r->rdx, &r->rbx, &r->rsp, &r->rbp, &r->rsi, &r->rdi, &r->rip) == 9;
    else return 0;
    fflush(requests);
  }
  return 0;
}

/* Signal to deliver, 0 if the fault was dealt with. */
static int on_fault(pid_t thread, int signal) {
  struct user_regs_struct regs;
  unsigned char bytes[16] = {0};
  ptrace(PTRACE_GETREGS, thread, 0, &regs);
  int memory = open_memory(thread, O_RDONLY);
  pread(memory, bytes, sizeof bytes, regs.rip);
  close(memory);
  if (signal == SIGILL) {
    if (bytes[0] != 0x0f || bytes[1] != 0x0b) return signal;
    emulate_cpuid(&regs);
  } else if (!ask(thread, &regs, bytes)) return signal;
  ptrace(PTRACE_SETREGS, thread, 0, &regs);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  pid_t program = fork();
  if (program == 0) {
    ptrace(PTRACE_TRACEME, 0, 0, 0);
    close(3);
    close(4);
    execv(argv[1], argv + 1);
    _exit(127);
  }
  answers = fdopen(3, "r");
  requests = fdopen(4, "w");
  int status;
  waitpid(program, &status, 0);
  ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SYSCALL, program, 0, 0);
  for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      if (thread == program) return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      continue;
    }
    int signal = WSTOPSIG(status), deliver = 0;
    if (signal == (SIGTRAP | 0x80)) {
      struct user_regs_struct regs;
      ptrace(PTRACE_GETREGS, thread, 0, &regs);
      if (regs.orig_rax == 9 || regs.orig_rax == 10) patch_cpuid(thread); /* mmap, mprotect */
      if (regs.orig_rax == 172 && regs.rax != (unsigned long long)-ENOSYS) { /* iopl succeeds, as it does under VMware */
        regs.rax = 0;
        ptrace(PTRACE_SETREGS, thread, 0, &regs);
      }
    } else if (signal == SIGSEGV || signal == SIGILL) deliver = on_fault(thread, signal);
    else if (signal != SIGTRAP && signal != SIGSTOP) deliver = signal;
    ptrace(PTRACE_SYSCALL, thread, 0, deliver);
  }
  return 0;
}
