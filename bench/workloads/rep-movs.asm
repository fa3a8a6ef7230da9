; Memory: 1 MiB copied by REP MOVS of words as wide as a register, and 1 MiB filled by REP STOSD; eax = sum of both ends.
%include "boot.inc"
SOURCE  equ 0x400000
TARGET  equ 0x811000
BYTES   equ 0x100000
workload:
        mov ebp, ecx
.again: mov esi, SOURCE
        mov edi, TARGET
        mov ecx, BYTES / word_size
%if BITS = 64
        rep movsq
%else
        rep movsd
%endif
        mov eax, ebp
        mov ecx, BYTES / 4
        rep stosd
        add dword [SOURCE], 3
        dec ebp
        jnz .again
        mov eax, [SOURCE]
        add eax, [TARGET]
        ret
%include "end.inc"
