; 5-level paging (SDM vol. 3 chapter 5; vol. 1 §3.3.7.1): 57-bit addresses, the fifth level, canonical checks.
%define LA57
;
;   read through the second half -> = 000000000000005a
;   pml5: absent, read -> #PF(0000) +1d cr2=00800000001f0000 rf
;   pml5: absent, write -> #PF(0002) +1c cr2=00800000001f0000 rf
;   pml5: absent, fetch -> #PF(0010) +00800000001f0000 cr2=00800000001f0000 rf
;   pml5: PS is reserved -> #PF(0009) +1d cr2=00800000001f0000 rf
;   pml5: bit 51 is reserved -> #PF(0009) +22 cr2=00800000001f0000 rf
;   pml5: bits 52 to 62 are ignored -> ok
;   pml5: NX, read -> ok
;   pml5: NX, fetch -> #PF(0011) +00800000001f0000 cr2=00800000001f0000 rf
;   pml5: supervisor at CPL 3 -> #PF(0005) +2e cr2=00800000001f0000 rf cpl3
;   pml5: accessed is set -> = 0000000000000020
;   invlpg -> = 0000000000000002
;   cr4: LA57 stays in long mode -> #GP(0000) +08 rf
;   read: bit 56 alone -> #GP(0000) +0a rf
;   read: bit 56 alone through rbp -> #SS(0000) +0a rf
;   read: the lowest address of the upper half -> #PF(0000) +0a cr2=ff00000000000000 rf
;   read: not canonical in 48 bits -> = 00000000000000a5
;   write: last byte is not canonical -> #GP(0000) +0a rf
;   jmp: not canonical -> #GP(0000) +0a rf
;   call: not canonical -> #GP(0000) +0a rf
;   ret: not canonical -> #GP(0000) +0b rf
;   call and ret -> ok
;   ret to 57 bits -> ok
;   jmp, jcc and call inside what 48 bits do not have -> = 00008000001f000b
;   iretq to 57 bits -> ok
;   iretq: not canonical -> #GP(0000) +16 rf
;   stack in 57 bits -> = 0000000000000077
;   wrfsbase: 57 bits -> = 0080000000000000
;   wrfsbase: not canonical -> #GP(0000) +0a rf
;   wrmsr LSTAR: 57 bits -> ok
;   wrmsr LSTAR: not canonical -> #GP(0000) +0a rf
%include "harness64.inc"

BAD             equ 0x0100000000000000

%macro READ 2                           ; name, entry of the PML5
  T %1
        mov rax, %2
        mov [PML5 + 0x80 * 8], rax
        RELOAD
        mov rbx, HIGH + PAGE
        mov al, [rbx]
  E
%endmacro
%macro FETCH 2
  T %1
        mov byte [PAGE], 0xc3
        mov rax, %2
        mov [PML5 + 0x80 * 8], rax
        RELOAD
        mov rbx, HIGH + PAGE
        call rbx
  E
%endmacro

tests:
; ---- the fifth level
        T "read through the second half"
        mov byte [PAGE], 0x5a
        mov rbx, HIGH + PAGE
        movzx eax, byte [rbx]
        EV rax
        READ "pml5: absent, read", 6
        T "pml5: absent, write"
        mov qword [PML5 + 0x80 * 8], 0
        RELOAD
        mov rbx, HIGH + PAGE
        mov [rbx], al
        E
        T "pml5: absent, fetch"
        mov qword [PML5 + 0x80 * 8], 0
        RELOAD
        mov rbx, HIGH + PAGE
        jmp rbx
        E
        READ "pml5: PS is reserved", PML4 | 0x87
        READ "pml5: bit 51 is reserved", PML4 | 7 | 1 << 51
        READ "pml5: bits 52 to 62 are ignored", PML4 | 7 | 0x7ff << 52
        READ "pml5: NX, read", PML4 | 7 | 1 << 63
        FETCH "pml5: NX, fetch", PML4 | 7 | 1 << 63
        T "pml5: supervisor at CPL 3"
        mov qword [PML5 + 0x80 * 8], PML4 | 3
        RELOAD
        ENTER3
        mov rbx, HIGH + PAGE
        mov al, [rbx]
        E
        T "pml5: accessed is set"
        mov rbx, HIGH + PAGE
        mov al, [rbx]
        mov rax, [PML5 + 0x80 * 8]
        and eax, 0x60
        EV rax
        T "invlpg"
        mov rbx, HIGH + PAGE
        mov byte [PAGE], 1
        mov byte [PAGE + 0x1000], 2
        mov al, [rbx]
        mov qword [PTE], (PAGE + 0x1000) | 7
        invlpg [rbx]
        movzx eax, byte [rbx]
        EV rax
        T "cr4: LA57 stays in long mode"
        mov rax, cr4
        btr rax, 12
        mov cr4, rax
        E

; ---- canonical addresses
        T "read: bit 56 alone"
        mov rbx, BAD
        mov al, [rbx]
        E
        T "read: bit 56 alone through rbp"
        mov rbp, BAD
        mov al, [rbp]
        E
        T "read: the lowest address of the upper half"
        mov rbx, 0xff00000000000000
        mov al, [rbx]
        E
        T "read: not canonical in 48 bits"
        mov byte [PAGE], 0xa5
        mov rbx, MIDDLE + PAGE
        movzx eax, byte [rbx]
        EV rax
        T "write: last byte is not canonical"
        mov rbx, BAD - 1
        mov [rbx], ax
        E
        T "jmp: not canonical"
        mov rbx, BAD
        jmp rbx
        E
        T "call: not canonical"
        mov rbx, BAD
        call rbx
        E
        T "ret: not canonical"
        mov rbx, BAD
        push rbx
        ret
        E
        FETCH "call and ret", PML4 | 7
        T "ret to 57 bits"
        mov word [PAGE], 0x80cd         ; int 0x80
        mov rbx, HIGH + PAGE
        push rbx
        ret
        E
        T "jmp, jcc and call inside what 48 bits do not have"
        mov rax, 0x74c03900eb           ; jmp next; cmp eax, eax; je next; call next; pop rax; ret
        mov [PAGE], rax
        mov rax, 0xc35800000000e800
        mov [PAGE + 5], rax
        mov rbx, MIDDLE + PAGE
        call rbx
        EV rax
        T "iretq to 57 bits"
        mov word [PAGE], 0x80cd
        mov rbx, HIGH + PAGE
        push DATA0
        push STACK0
        push 2
        push CODE0
        push rbx
        iretq
        E
        T "iretq: not canonical"
        mov rbx, BAD
        push DATA0
        push STACK0
        push 2
        push CODE0
        push rbx
        iretq
        E
        T "stack in 57 bits"
        mov rsp, HIGH + STACK0
        mov ebx, 0x77
        push rbx
        mov rax, [STACK0 - 8]
        EV rax
        T "wrfsbase: 57 bits"
        mov rbx, HIGH
        wrfsbase rbx
        rdfsbase rax
        EV rax
        T "wrfsbase: not canonical"
        mov rbx, BAD
        wrfsbase rbx
        E
        T "wrmsr LSTAR: 57 bits"
        mov ecx, 0xc0000082
        mov edx, MIDDLE >> 32
        wrmsr
        E
        T "wrmsr LSTAR: not canonical"
        mov ecx, 0xc0000082
        mov edx, BAD >> 32
        wrmsr
        E
        jmp finish
