; Integer: table-driven CRC-32 of 256 KiB; eax = CRC.
%include "boot.inc"
TABLE   equ 0x300000
DATA    equ 0x310000
BYTES   equ 262144
workload:
        push pcx
        xor esi, esi
.table: mov eax, esi
        mov ecx, 8
.bit:   shr eax, 1
        jnc .even
        xor eax, 0xedb88320
.even:  dec ecx
        jnz .bit
        mov [psi * 4 + TABLE], eax
        inc esi
        cmp esi, 256
        jb .table
        mov edi, DATA
        mov ecx, BYTES / 4
        mov eax, 0x12345678
.data:  imul eax, eax, 1664525
        add eax, 1013904223
        mov [pdi], eax
        add edi, 4
        dec ecx
        jnz .data
        mov eax, -1
        mov esi, DATA
.crc:   movzx edx, byte [psi]
        xor dl, al
        shr eax, 8
        xor eax, [pdx * 4 + TABLE]
        inc esi
        cmp esi, DATA + BYTES
        jb .crc
        not eax
        pop pcx
        dec ecx
        jnz workload
        ret
%include "end.inc"
