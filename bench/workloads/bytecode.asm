; Unpredictable branches: a bytecode interpreter with a jump table over pseudo-random code; eax = accumulator.
%include "boot.inc"
CODE    equ 0x500000
OPS     equ 65536
workload:
        push pcx
        mov edi, CODE
        mov ecx, OPS
        mov eax, 0x2545f491
.make:  mov edx, eax
        shl edx, 13
        xor eax, edx
        mov edx, eax
        shr edx, 17
        xor eax, edx
        mov edx, eax
        shl edx, 5
        xor eax, edx
        mov edx, eax
        and edx, 7
        mov [pdi], dl
        inc edi
        dec ecx
        jnz .make
        xor eax, eax
        mov ebx, 1
        mov esi, CODE
.step:  cmp esi, CODE + OPS
        jae .done
        movzx edx, byte [psi]
        inc esi
%if BITS = 64
        lea r8, [jumps]
        jmp [r8 + rdx * 8]
%else
        jmp [jumps + edx * 4]
%endif
op0:    add eax, ebx
        jmp workload.step
op1:    sub eax, 7
        jmp workload.step
op2:    xor eax, ebx
        jmp workload.step
op3:    rol eax, 3
        jmp workload.step
op4:    test eax, 4
        jz workload.step
        inc ebx
        jmp workload.step
op5:    lea ebx, [pbx + pax * 2 + 1]
        jmp workload.step
op6:    imul ebx, ebx, 5
        jmp workload.step
op7:    xchg eax, ebx
        jmp workload.step
workload.done:
        pop pcx
        dec ecx
        jnz workload
        ret
        align 8
jumps:  pointers op0, op1, op2, op3, op4, op5, op6, op7
%include "end.inc"
