; Integer and memory: sieve of Eratosthenes over 1,000,000 bytes; eax = primes found.
%include "boot.inc"
LIMIT   equ 1000000
workload:
        push rcx
        mov edi, 0x200000
        mov ecx, LIMIT / 8
        mov rax, 0x0101010101010101
.fill:  mov [rdi], rax
        add rdi, 8
        dec ecx
        jnz .fill
        mov esi, 2
.outer: mov eax, esi
        imul eax, esi
        cmp eax, LIMIT
        jae .count
        cmp byte [rsi + 0x200000], 0
        je .next
.mark:  mov byte [rax + 0x200000], 0
        add eax, esi
        cmp eax, LIMIT
        jb .mark
.next:  inc esi
        jmp .outer
.count: xor eax, eax
        mov esi, 2
.sum:   movzx edx, byte [rsi + 0x200000]
        add eax, edx
        inc esi
        cmp esi, LIMIT
        jb .sum
        pop rcx
        dec ecx
        jnz workload
        ret
%include "end.inc"
