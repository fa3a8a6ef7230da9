; Self-modifying code: each pass writes the constant of an instruction in another block of the same page; eax = sum of constants.
%include "boot.inc"
ROUNDS  equ 2000
workload:
        push pcx
        xor eax, eax
        mov ecx, ROUNDS
.each:  mov [.there + 1], ecx
        mov edx, 20
.spin:  imul eax, eax, 5
        dec edx
        jnz .spin
        jmp .there
        align 64
.there: mov ebx, 0
        add eax, ebx
        dec ecx
        jnz .each
        pop pcx
        dec ecx
        jnz workload
        ret
%include "end.inc"
