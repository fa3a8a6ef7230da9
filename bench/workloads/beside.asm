; Data in the page of the code that works on it: a histogram of a generated sequence; eax = a hash of the counts.
%include "boot.inc"
ROUNDS  equ 100000
workload:
        push pcx
        mov eax, 0x12345678
        mov ecx, ROUNDS
.count: imul eax, eax, 1664525
        add eax, 1013904223
        mov edx, eax
        shr edx, 27
        inc dword [pdx * 4 + counts]
        add [sum], eax
        dec ecx
        jnz .count
        mov esi, 31
        mov eax, [sum]
.hash:  imul eax, eax, 31
        add eax, [psi * 4 + counts]
        dec esi
        jns .hash
        pop pcx
        dec ecx
        jnz workload
        ret
        align 64
sum     dd 0
counts  times 32 dd 0
%include "end.inc"
