; Memory: 1 MiB copied a register at a time by a loop, source and destination 4 MiB apart; eax = sum of both ends.
%include "boot.inc"
SOURCE  equ 0x400000
TARGET  equ 0x800000
BYTES   equ 0x100000
workload:
        mov ebp, ecx
.again: mov esi, SOURCE
        mov edi, TARGET
        mov ecx, BYTES / (4 * word_size)
.copy:  mov pax, [psi]
        mov pdx, [psi + word_size]
        mov [pdi], pax
        mov [pdi + word_size], pdx
        mov pax, [psi + 2 * word_size]
        mov pdx, [psi + 3 * word_size]
        mov [pdi + 2 * word_size], pax
        mov [pdi + 3 * word_size], pdx
        add psi, 4 * word_size
        add pdi, 4 * word_size
        dec ecx
        jnz .copy
        add dword [SOURCE], 3
        dec ebp
        jnz .again
        mov eax, [SOURCE]
        add eax, [TARGET]
        ret
%include "end.inc"
