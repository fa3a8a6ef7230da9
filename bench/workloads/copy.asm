; Memory: 1 MiB copied eight bytes a step by a loop, source and destination 4 MiB apart; eax = sum of both ends.
%include "boot.inc"
SOURCE  equ 0x400000
TARGET  equ 0x800000
BYTES   equ 0x100000
workload:
        mov r8d, ecx
.again: mov esi, SOURCE
        mov edi, TARGET
        mov ecx, BYTES / 32
.copy:  mov rax, [rsi]
        mov rdx, [rsi + 8]
        mov [rdi], rax
        mov [rdi + 8], rdx
        mov rax, [rsi + 16]
        mov rdx, [rsi + 24]
        mov [rdi + 16], rax
        mov [rdi + 24], rdx
        add rsi, 32
        add rdi, 32
        dec ecx
        jnz .copy
        add dword [abs SOURCE], 3
        dec r8d
        jnz .again
        mov eax, [abs SOURCE]
        add eax, [abs TARGET]
        ret
%include "end.inc"
