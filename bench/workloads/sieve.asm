; Integer and memory: sieve of Eratosthenes over 1,000,000 bytes; eax = primes found.
%include "boot.inc"
LIMIT   equ 1000000
workload:
        push pcx
        mov edi, 0x200000
        mov ecx, LIMIT / word_size
        mov pax, 0x0101010101010101 & ((1 << (word_size * 8 - 1)) * 2 - 1)
.fill:  mov [pdi], pax
        add pdi, word_size
        dec ecx
        jnz .fill
        mov esi, 2
.outer: mov eax, esi
        imul eax, esi
        cmp eax, LIMIT
        jae .count
        cmp byte [psi + 0x200000], 0
        je .next
.mark:  mov byte [pax + 0x200000], 0
        add eax, esi
        cmp eax, LIMIT
        jb .mark
.next:  inc esi
        jmp .outer
.count: xor eax, eax
        mov esi, 2
.sum:   movzx edx, byte [psi + 0x200000]
        add eax, edx
        inc esi
        cmp esi, LIMIT
        jb .sum
        pop pcx
        dec ecx
        jnz workload
        ret
%include "end.inc"
