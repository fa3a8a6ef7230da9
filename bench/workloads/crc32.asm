; Integer: table-driven CRC-32 of 256 KiB; eax = CRC.
%include "boot.inc"
TABLE   equ 0x300000
DATA    equ 0x310000
BYTES   equ 262144
workload:
        push rcx
        xor esi, esi
.table: mov eax, esi
        mov ecx, 8
.bit:   shr eax, 1
        jnc .even
        xor eax, 0xedb88320
.even:  dec ecx
        jnz .bit
        mov [rsi * 4 + TABLE], eax
        inc esi
        cmp esi, 256
        jb .table
        mov edi, DATA
        mov ecx, BYTES / 4
        mov eax, 0x12345678
.data:  imul eax, eax, 1664525
        add eax, 1013904223
        mov [rdi], eax
        add edi, 4
        dec ecx
        jnz .data
        mov eax, -1
        mov esi, DATA
.crc:   movzx edx, byte [rsi]
        xor dl, al
        shr eax, 8
        xor eax, [rdx * 4 + TABLE]
        inc esi
        cmp esi, DATA + BYTES
        jb .crc
        not eax
        pop rcx
        dec ecx
        jnz workload
        ret
%include "end.inc"
