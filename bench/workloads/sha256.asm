; Integer: SHA-256 of 64 KiB (without the padding block); eax = the first word of the state.
%include "boot.inc"
DATA    equ 0x310000
BLOCKS  equ 1024
STATE   equ 0x300000                    ; a … h
SUM     equ 0x300020                    ; the eight words before the block
W       equ 0x300040
workload:
        push pcx
        mov edi, DATA
        mov ecx, BLOCKS * 16
        mov eax, 0x12345678
.data:  imul eax, eax, 1664525
        add eax, 1013904223
        mov [pdi], eax
        add edi, 4
        dec ecx
        jnz .data
        mov edi, SUM
        mov esi, initial
        mov ecx, 8
        rep movsd
        mov ebp, DATA
.block: xor ecx, ecx
.load:  mov eax, [pbp + pcx * 4]
        bswap eax
        mov [W + pcx * 4], eax
        inc ecx
        cmp ecx, 16
        jb .load
.extend:
        mov eax, [W + pcx * 4 - 60]     ; s0 of w[i-15]
        mov edx, eax
        mov ebx, eax
        ror eax, 7
        ror edx, 18
        shr ebx, 3
        xor eax, edx
        xor eax, ebx
        mov edx, [W + pcx * 4 - 8]      ; s1 of w[i-2]
        mov ebx, edx
        mov esi, edx
        ror edx, 17
        ror ebx, 19
        shr esi, 10
        xor edx, ebx
        xor edx, esi
        add eax, edx
        add eax, [W + pcx * 4 - 64]
        add eax, [W + pcx * 4 - 28]
        mov [W + pcx * 4], eax
        inc ecx
        cmp ecx, 64
        jb .extend
        xor ecx, ecx
.copy:  mov eax, [SUM + pcx * 4]
        mov [STATE + pcx * 4], eax
        inc ecx
        cmp ecx, 8
        jb .copy
        xor ecx, ecx
.round: mov eax, [STATE + 16]           ; e
        mov edx, eax
        mov ebx, eax
        ror eax, 6
        ror edx, 11
        ror ebx, 25
        xor eax, edx
        xor eax, ebx
        mov edx, [STATE + 20]           ; ch = g ^ (e & (f ^ g))
        mov ebx, [STATE + 24]
        xor edx, ebx
        and edx, [STATE + 16]
        xor edx, ebx
        add eax, edx
        add eax, [STATE + 28]
        add eax, [round_k + pcx * 4]
        add eax, [W + pcx * 4]          ; t1
        mov edx, [STATE]                ; a
        mov ebx, edx
        mov esi, edx
        ror edx, 2
        ror ebx, 13
        ror esi, 22
        xor edx, ebx
        xor edx, esi
        mov ebx, [STATE]                ; maj = (a & b) | (c & (a | b))
        mov esi, ebx
        and ebx, [STATE + 4]
        or esi, [STATE + 4]
        and esi, [STATE + 8]
        or ebx, esi
        add edx, ebx                    ; t2
        mov ebx, [STATE + 24]
        mov [STATE + 28], ebx
        mov ebx, [STATE + 20]
        mov [STATE + 24], ebx
        mov ebx, [STATE + 16]
        mov [STATE + 20], ebx
        mov ebx, [STATE + 12]
        add ebx, eax
        mov [STATE + 16], ebx
        mov ebx, [STATE + 8]
        mov [STATE + 12], ebx
        mov ebx, [STATE + 4]
        mov [STATE + 8], ebx
        mov ebx, [STATE]
        mov [STATE + 4], ebx
        add eax, edx
        mov [STATE], eax
        inc ecx
        cmp ecx, 64
        jb .round
        xor ecx, ecx
.add:   mov eax, [STATE + pcx * 4]
        add [SUM + pcx * 4], eax
        inc ecx
        cmp ecx, 8
        jb .add
        add ebp, 64
        cmp ebp, DATA + BLOCKS * 64
        jb .block
        mov eax, [SUM]
        pop pcx
        dec ecx
        jnz workload
        ret
        align 4
initial dd 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19
round_k   dd 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5
        dd 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174
        dd 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da
        dd 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967
        dd 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85
        dd 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070
        dd 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3
        dd 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
%include "end.inc"
