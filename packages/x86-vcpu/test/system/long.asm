; 64-bit mode: canonical addresses, gates, fast system calls, 4-level paging with NX, SMEP, SMAP, PKU, PCID (SDM vol. 3
; chapters 2, 4–7; vol. 2).
;
;   read: not canonical -> #GP(0000) +0a rf
;   read: not canonical through rbp -> #SS(0000) +0a rf
;   write: last byte is not canonical -> #GP(0000) +0a rf
;   jmp: not canonical -> #GP(0000) +0a rf
;   call: not canonical pushes nothing -> #GP(0000) +16 rf
;   ret: not canonical -> #GP(0000) +0b rf
;   iretq: not canonical -> #GP(0000) +16 rf
;   invlpg: not canonical -> ok
;   lea: not canonical -> ok
;   wrmsr LSTAR: not canonical -> #GP(0000) +0a rf
;   wrmsr FS_BASE: not canonical -> #GP(0000) +0a rf
;   gs base plus offset: not canonical -> #GP(0000) +11 rf
;   enter at the edge: page fault below -> #PF(0000) +0a cr2=ffff800000000000 rf
;   mov cr2: any value -> ok
;   rip at the last canonical byte -> #PF(0010) +00007fffffffffff cr2=00007fffffffffff rf
;   mov ss: null at CPL 0 -> ok
;   mov ss: null with RPL 3 at CPL 0 -> #GP(0000) +04 rf
;   mov ss: null at CPL 3 -> #GP(0000) +00 rf cpl3
;   null ds is usable -> ok
;   mov fs: sets base from the descriptor -> = 0000000000007000
;   mov ds: execute-only code -> #GP(0050) +1a rf
;   far jmp: L and D -> #GP(0050) +2b rf
;   far jmp: to a TSS -> #GP(0040) +0a rf
;   far jmp: task gate -> #GP(0050) +20 rf
;   far jmp: to compatibility mode and back -> = 00000000ffffffff
;   far call: 64-bit frame -> = 0000000000000010
;   call gate: 64-bit -> = 0000000000000010
;   call gate: from CPL 3 -> = 0000000000000020
;   call gate: type of the upper half -> #GP(0050) +4c rf
;   call gate: 16-bit type -> #GP(0050) +41 rf
;   call gate: to 32-bit code -> #GP(0008) +41 rf
;   call gate: offset not canonical -> #GP(0000) +4c rf
;   ltr: upper half of the base not canonical -> #GP(0040) +17 rf
;   ltr: busy -> #GP(0040) +04 rf
;   ltr: 16-bit TSS -> #GP(0040) +0c rf
;   ltr: second half beyond the GDT -> #GP(00f8) +1a rf
;   lar: call gate -> = 0000000000008c00
;   lar: task gate is none -> = 0000000000001234
;   lsl: TSS -> = 0000000000000067
;   int: pushes five words on an aligned stack -> = 0000000000000038
;   int: IST -> = 0000000000000028
;   int: from CPL 3, ss is null -> = 0000000000000000
;   int: to 32-bit code -> #GP(0008) +2b rf
;   int: task gate -> #GP(0482) +2b rf
;   int: 16-bit gate -> #GP(0482) +2b rf
;   int: not present -> #NP(0482) +2b rf
;   int: offset not canonical -> #GP(0000) +36 rf
;   int: null code -> #GP(0000) +29 rf
;   #UD leaves the NT flag to the handler clear -> = 0000000000000002
;   iretq with NT -> #GP(0000) +06 rf
;   iretq: to null ss at CPL 0 -> ok
;   iretq: to null ss at CPL 3 -> #GP(0000) +10 rf
;   iretq: to compatibility mode with null ss -> #GP(0000) +10 rf
;   retfq: to CPL 3 -> = 0000000000000033
;   popfq: reserved bits stay clear -> = 0000000000240cd7
;   syscall: cs, ss, rcx, r11 -> = 0000044600180020
;   syscall: SCE clear -> #UD +0e rf
;   sysret: to 64-bit code -> = 00000000002b0023
;   sysret: rcx not canonical -> #GP(0000) +10 rf
;   sysret at CPL 3 -> #GP(0000) +00 rf cpl3
;   swapgs at CPL 3 -> #GP(0000) +00 rf cpl3
;   swapgs -> = 0000111100002222
;   sysexit: not canonical -> #GP(0000) +1d rf
;   push es -> #UD +00 rf
;   daa -> #UD +00 rf
;   pusha -> #UD +00 rf
;   aam -> #UD +00 rf
;   into -> #UD +00 rf
;   call ptr16:32 -> #UD +00 rf
;   82 group -> #UD +00 rf
;   rdfsbase without FSGSBASE -> #UD +00 rf
;   FSGSBASE: wrgsbase, rdgsbase at CPL 0 -> = 0000000000123456
;   FSGSBASE: at CPL 3 -> = 0000000000000777
;   FSGSBASE: not canonical -> #GP(0000) +0a rf
;   rdtscp and rdpid -> = 0000005500000055
;   cr0: clear PG -> #GP(0000) +05 rf
;   cr0: bit 32 -> #GP(0000) +08 rf
;   cr4: clear PAE -> #GP(0000) +05 rf
;   cr4: bit 32 -> #GP(0000) +08 rf
;   cr3: bit 52 -> #GP(0000) +08 rf
;   cr3: bit 63 without PCIDE -> #GP(0000) +08 rf
;   cr8: 16 -> #GP(0000) +05 rf
;   cr8: 15 -> = 000000000000000f
;   efer: LME cleared while paging -> #GP(0000) +0a rf
;   efer: reserved bit 1 -> #GP(0000) +0a rf
;   efer: LMA is not written -> = 0000000000000d01
;   dr7: bit 32 -> #GP(0000) +0a rf
;   dr6: bit 32 -> #GP(0000) +0a rf
;   dr0: any value -> = 0000800000000000
;   breakpoint of eight bytes -> #DB +18 dr6=ffff0ff1
;   page: absent, read -> #PF(0000) +1b cr2=00000000001f0000 rf
;   page: absent, fetch sets I with NXE -> #PF(0010) +00000000001f0000 cr2=00000000001f0000 rf
;   page: NX, read -> ok
;   page: NX, fetch -> #PF(0011) +00000000001f0000 cr2=00000000001f0000 rf
;   page: bit 51 is reserved -> #PF(0009) +20 cr2=00000000001f0000 rf
;   page: bits 52 to 62 are ignored -> ok
;   page: NX without NXE is reserved -> #PF(0009) +26 cr2=00000000001f0000 rf
;   page: PS in the PML4 is reserved -> #PF(0009) +15 cr2=0000008000000000 rf
;   page: 1 GiB, bit 13 is reserved -> #PF(0009) +0b cr2=0000000040000000 rf
;   page: 1 GiB -> = 0000000000000077
;   page: read-only at CPL 0 without WP -> ok
;   page: read-only at CPL 0 with WP -> #PF(0003) +12 cr2=00000000001f0000 rf
;   page: supervisor at CPL 3 -> #PF(0007) +24 cr2=00000000001f0000 rf cpl3
;   smep: fetch -> #PF(0011) +00000000001f0000 cr2=00000000001f0000 rf
;   smap: read -> #PF(0001) +08 cr2=00000000001f0000 rf
;   smap: write with AC -> ok
;   smap: stac, clac -> #PF(0003) +0e cr2=00000000001f0000 rf
;   stac without SMAP in CR4 -> ok
;   stac at CPL 3 -> #UD +00 rf cpl3
;   rdpkru without PKE -> #UD +00 rf
;   pku: access disabled, read -> #PF(0021) +24 cr2=00000000001f0000 rf
;   pku: write disabled, read -> ok
;   pku: write disabled, write at CPL 0 with WP -> #PF(0023) +24 cr2=00000000001f0000 rf
;   pku: another key -> ok
;   pku: fetch is not checked -> #PF(0010) +00000000001fffff cr2=0000000000200000 rf
;   pku: ecx not zero -> #GP(0000) +05 rf
;   pcid: cr3 with a PCID first -> #GP(0000) +0f rf
;   invpcid: type 4 -> #GP(0000) +05 rf
;   invpcid: type 0, address not canonical -> #GP(0000) +20 rf
;   invpcid: type 1, PCID without PCIDE -> #GP(0000) +11 rf
;   invpcid: reserved bits of the descriptor -> #GP(0000) +11 rf
;   invpcid at CPL 3 -> #GP(0000) +00 rf cpl3
;   invpcid: all, after a change -> #PF(0000) +23 cr2=00000000001f0000 rf
;   int: rsp0 not canonical -> #SS(0000) +61 rf cpl3
;   read: not canonical through rsp -> #SS(0000) +35 rf
;   lgdt: base not canonical -> #GP(0000) +12 rf
%include "harness64.inc"

%macro ONE 2+
  T %1
        %2
  E
%endmacro
%macro ONE3 2+
  T3 %1
        %2
  E
%endmacro
BAD             equ 0x0000800000000000

tests:
; ---- canonical addresses
        T "read: not canonical"
        mov rbx, BAD
        mov al, [rbx]
        E
        T "read: not canonical through rbp"
        mov rbp, BAD
        mov al, [rbp]
        E
        T "write: last byte is not canonical"
        mov rbx, BAD - 1
        mov [rbx], ax
        E
        T "jmp: not canonical"
        mov rbx, BAD
        jmp rbx
        E
        T "call: not canonical pushes nothing"
        mov rbx, BAD
        mov qword [STACK0 - 8], 0x1234
        call rbx
        E
        T "ret: not canonical"
        mov rbx, BAD
        push rbx
        ret
        E
        T "iretq: not canonical"
        mov rbx, BAD
        push DATA0
        push STACK0
        push 2
        push CODE0
        push rbx
        iretq
        E
        T "invlpg: not canonical"
        mov rbx, BAD
        invlpg [rbx]
        E
        T "lea: not canonical"
        mov rbx, BAD
        lea rax, [rbx]
        E
        T "wrmsr LSTAR: not canonical"
        mov ecx, 0xc0000082
        mov edx, BAD >> 32
        wrmsr
        E
        T "wrmsr FS_BASE: not canonical"
        mov ecx, 0xc0000100
        mov edx, BAD >> 32
        wrmsr
        E
        T "gs base plus offset: not canonical"
        mov ecx, 0xc0000101
        mov edx, 0x7fff
        mov eax, 0xfffffff0
        wrmsr
        mov al, [gs:0x10]
        E
        T "enter at the edge: page fault below"
        mov rbx, 0xffff800000000000
        mov al, [rbx]
        E
        T "mov cr2: any value"
        mov rax, BAD
        mov cr2, rax
        E
        T "rip at the last canonical byte"
        mov rbx, BAD - 1
        jmp rbx
        E

; ---- segments
        T "mov ss: null at CPL 0"
        mov ss, ax
        E
        T "mov ss: null with RPL 3 at CPL 0"
        mov ax, 3
        mov ss, ax
        E
        ONE3 "mov ss: null at CPL 3", mov ss, ax
        T "null ds is usable"
        mov ds, ax
        mov al, [scratch]
        E
        T "mov fs: sets base from the descriptor"
        DESC FREE, 0x7000ffff, 0x00cf9300
        mov ax, FREE
        mov fs, ax
        mov ecx, 0xc0000100
        rdmsr
        EV rax
        T "mov ds: execute-only code"
        DESC FREE, 0x0000ffff, 0x00af9800
        mov ax, FREE
        mov ds, ax
        E
        T "far jmp: L and D"
        DESC FREE, 0x0000ffff, 0x00ef9a00
        mov dword [scratch], %$in
        mov word [scratch + 4], FREE
        jmp dword far [scratch]
%$in:
        E
        T "far jmp: to a TSS"
        mov word [scratch + 4], TSS0
        jmp dword far [scratch]
        E
        T "far jmp: task gate"
        DESC FREE, TSS0 << 16, 0x8500
        mov word [scratch + 4], FREE
        jmp dword far [scratch]
        E
        T "far jmp: to compatibility mode and back"
        mov dword [scratch], %$in
        mov word [scratch + 4], CODE32
        jmp dword far [scratch]
        bits 32
%$in:   mov eax, 0xffffffff
        inc eax
        dec eax
        jmp CODE0:%$out
        bits 64
%$out:
        EV rax
        T "far call: 64-bit frame"
        mov dword [scratch], %$in
        mov word [scratch + 4], CODE0
        mov rbx, rsp
        mov qword [far64], %$in
        o64 call far [far64]
%$in:   sub rbx, rsp
        EV rbx
        T "call gate: 64-bit"
        CALLGATE FREE, CODE0, %$in, 0x8c00
        mov word [scratch + 4], FREE
        call dword far [scratch]
%$in:   mov eax, STACK0
        sub rax, rsp
        EV rax
        T3 "call gate: from CPL 3"
        CALLGATE FREE, CODE0, %$in, 0xec00
        mov word [scratch + 4], FREE | 3
        call dword far [scratch]
%$in:   mov eax, STACK0
        sub rax, rsp
        mov ecx, ss
        shl ecx, 16
        or eax, ecx
        EV rax
        T "call gate: type of the upper half"
        CALLGATE FREE, CODE0, %$in, 0x8c00
        mov dword [gdt + FREE + 12], 0x100
        mov word [scratch + 4], FREE
        call dword far [scratch]
%$in:
        E
        T "call gate: 16-bit type"
        CALLGATE FREE, CODE0, %$in, 0x8400
        mov word [scratch + 4], FREE
        call dword far [scratch]
%$in:
        E
        T "call gate: to 32-bit code"
        CALLGATE FREE, CODE32, %$in, 0x8c00
        mov word [scratch + 4], FREE
        call dword far [scratch]
%$in:
        E
        T "call gate: offset not canonical"
        CALLGATE FREE, CODE0, %$in, 0x8c00
        mov dword [gdt + FREE + 8], 0x8000
        mov word [scratch + 4], FREE
        call dword far [scratch]
%$in:
        E
        T "ltr: upper half of the base not canonical"
        mov dword [gdt + TSS0 + 8], 0x8000
        and byte [gdt + TSS0 + 5], ~2
        mov ax, TSS0
        ltr ax
        E
        T "ltr: busy"
        mov ax, TSS0
        ltr ax
        E
        T "ltr: 16-bit TSS"
        and byte [gdt + TSS0 + 5], ~10
        mov ax, TSS0
        ltr ax
        E
        T "ltr: second half beyond the GDT"
        DESC 0xf8, 0x67, 0x8900
        mov ax, 0xf8
        ltr ax
        E
        T "lar: call gate"
        CALLGATE FREE, CODE0, 0, 0x8c00
        mov ecx, FREE
        xor eax, eax
        lar eax, ecx
        EV rax
        T "lar: task gate is none"
        DESC FREE, 0, 0x8500
        mov ecx, FREE
        mov eax, 0x1234
        lar eax, ecx
        EV rax
        T "lsl: TSS"
        mov ecx, TSS0
        lsl eax, ecx
        EV rax

; ---- interrupts
        T "int: pushes five words on an aligned stack"
        GATE 0x90, CODE0, %$in, 0x8e00
        mov esp, STACK0 - 4
        int 0x90
%$in:   mov eax, STACK0
        sub rax, rsp
        EV rax
        T "int: IST"
        GATE 0x90, CODE0, %$in, 0x8e01
        int 0x90
%$in:   mov eax, STACK_IST
        sub rax, rsp
        EV rax
        T3 "int: from CPL 3, ss is null"
        GATE 0x90, CODE0, %$in, 0xee00
        int 0x90
%$in:   mov eax, ss
        EV rax
        T "int: to 32-bit code"
        GATE 0x90, CODE32, 0, 0x8e00
        int 0x90
        E
        T "int: task gate"
        GATE 0x90, TSS0, 0, 0x8500
        int 0x90
        E
        T "int: 16-bit gate"
        GATE 0x90, CODE0, 0, 0x8600
        int 0x90
        E
        T "int: not present"
        GATE 0x90, CODE0, 0, 0x0e00
        int 0x90
        E
        T "int: offset not canonical"
        GATE 0x90, CODE0, 0, 0x8e00
        mov dword [idt + 0x908], 0x8000
        int 0x90
        E
        T "int: null code"
        GATE 0x90, 0, 0, 0x8e00
        int 0x90
        E
        T "#UD leaves the NT flag to the handler clear"
        GATE 6, CODE0, %$in, 0x8e00
        push 0x4002
        popfq
        ud2
%$in:   pushfq
        pop rax
        EV rax
        T "iretq with NT"
        push 0x4002
        popfq
        iretq
        E
        T "iretq: to null ss at CPL 0"
        push 0
        push STACK0
        push 2
        push CODE0
        push %$in
        iretq
%$in:
        E
        T "iretq: to null ss at CPL 3"
        push 3
        push STACK3
        push 2
        push CODE3
        push %$in
        iretq
%$in:
        E
        T "iretq: to compatibility mode with null ss"
        push 0
        push STACK0
        push 2
        push CODE32
        push %$in
        iretq
%$in:
        E
        T "retfq: to CPL 3"
        push DATA3
        push STACK3
        push CODE3
        push %$in
        o64 retf
%$in:   mov eax, cs
        EV rax
        T "popfq: reserved bits stay clear"
        mov rax, 0xffffffff00240cd7
        push rax
        popfq
        pushfq
        pop rax
        cld
        EV rax

; ---- system calls
%macro STAR 0
        mov ecx, 0xc0000081
        mov edx, (CODE32 | 3) << 16 | CODE0
        xor eax, eax
        wrmsr
        inc ecx
        mov eax, %$in
        xor edx, edx
        wrmsr
        mov ecx, 0xc0000084
        mov eax, 0x400
        wrmsr
%endmacro
        T "syscall: cs, ss, rcx, r11"
        STAR
        std
        syscall
%$back:
%$in:   mov eax, cs
        shl eax, 16
        mov ax, ss
        pushfq
        pop rdx
        and edx, 0x400
        or r11d, edx
        sub rcx, %$back
        shl rcx, 8
        xor r11, rcx
        shl r11, 32
        or rax, r11
        EV rax
        T "syscall: SCE clear"
        mov ecx, 0xc0000080
        mov eax, 0xd00
        xor edx, edx
        wrmsr
        syscall
        E
        T "sysret: to 64-bit code"
        mov ecx, 0xc0000081
        mov edx, (CODE3_32 - 16 | 3) << 16
        add edx, 8 << 16
        xor eax, eax
        wrmsr
        mov ecx, %$in
        mov r11d, 2
        o64 sysret
%$in:   mov eax, cs
        shl eax, 16
        mov ax, ss
        EV rax
        T "sysret: rcx not canonical"
        mov rcx, BAD
        mov r11d, 2
        o64 sysret
        E
        ONE3 "sysret at CPL 3", sysret
        ONE3 "swapgs at CPL 3", swapgs
        T "swapgs"
        mov ecx, 0xc0000102
        mov eax, 0x1111
        xor edx, edx
        wrmsr
        dec ecx
        mov eax, 0x2222
        wrmsr
        swapgs
        rdmsr
        mov ebx, eax
        inc ecx
        rdmsr
        shl rbx, 32
        or rax, rbx
        EV rax
        T "sysexit: not canonical"
        mov ecx, 0x174
        mov eax, CODE0
        xor edx, edx
        wrmsr
        mov ecx, STACK3
        mov rdx, BAD
        o64 sysexit
        E

; ---- instructions that 64-bit mode does not have, or has when CR4 says so
        ONE "push es", db 0x06
        ONE "daa", db 0x27
        ONE "pusha", db 0x60
        ONE "aam", db 0xd4, 10
        ONE "into", db 0xce
        ONE "call ptr16:32", {db 0x9a, 0, 0, 0, 0, 0, 0}
        ONE "82 group", db 0x82, 0xc0, 0
        ONE "rdfsbase without FSGSBASE", rdfsbase rax
        mov dword [base_cr4], 0x10620
        T "FSGSBASE: wrgsbase, rdgsbase at CPL 0"
        mov eax, 0x123456
        wrgsbase rax
        rdgsbase rbx
        EV rbx
        T3 "FSGSBASE: at CPL 3"
        mov eax, 0x777
        wrfsbase rax
        rdfsbase rbx
        EV rbx
        T "FSGSBASE: not canonical"
        mov rax, BAD
        wrfsbase rax
        E
        mov dword [base_cr4], 0x620
        T "rdtscp and rdpid"
        mov ecx, 0xc0000103
        mov eax, 0x55
        xor edx, edx
        wrmsr
        rdtscp
        rdpid rax
        shl rax, 32
        or rax, rcx
        EV rax

; ---- control registers
        T "cr0: clear PG"
        mov eax, 0x33
        mov cr0, rax
        E
        T "cr0: bit 32"
        mov rax, cr0
        bts rax, 32
        mov cr0, rax
        E
        T "cr4: clear PAE"
        mov eax, 0x600
        mov cr4, rax
        E
        T "cr4: bit 32"
        mov rax, cr4
        bts rax, 32
        mov cr4, rax
        E
        T "cr3: bit 52"
        mov rax, cr3
        bts rax, 52
        mov cr3, rax
        E
        T "cr3: bit 63 without PCIDE"
        mov rax, cr3
        bts rax, 63
        mov cr3, rax
        E
        T "cr8: 16"
        mov eax, 16
        mov cr8, rax
        E
        T "cr8: 15"
        mov eax, 15
        mov cr8, rax
        mov rbx, cr8
        xor eax, eax
        mov cr8, rax
        EV rbx
        T "efer: LME cleared while paging"
        mov ecx, 0xc0000080
        mov eax, 0x801
        wrmsr
        E
        T "efer: reserved bit 1"
        mov ecx, 0xc0000080
        mov eax, 0xd03
        wrmsr
        E
        T "efer: LMA is not written"
        mov ecx, 0xc0000080
        mov eax, 0x901
        wrmsr
        rdmsr
        EV rax
        T "dr7: bit 32"
        mov rax, 0x100000400
        mov dr7, rax
        E
        T "dr6: bit 32"
        mov rax, 0x100000000
        mov dr6, rax
        E
        T "dr0: any value"
        mov rax, BAD
        mov dr0, rax
        mov rbx, dr0
        EV rbx
        T "breakpoint of eight bytes"
        mov eax, scratch
        mov dr0, rax
        mov eax, 0x00090402
        mov dr7, rax
        mov byte [scratch + 7], 1
        E

; ---- paging
%macro WITH 3+                          ; name, page table entry, access
  T %1
        mov byte [PAGE], 0xc3
        mov rax, %2
        mov [PTE], rax
        RELOAD
        %3
  E
%endmacro
        WITH "page: absent, read", 6, mov al, [PAGE]
        WITH "page: absent, fetch sets I with NXE", 6, jmp PAGE
        WITH "page: NX, read", PAGE | 7 | 1 << 63, mov al, [PAGE]
        WITH "page: NX, fetch", PAGE | 7 | 1 << 63, call PAGE
        WITH "page: bit 51 is reserved", PAGE | 7 | 1 << 51, mov al, [PAGE]
        WITH "page: bits 52 to 62 are ignored", PAGE | 7 | 0x7ff << 52, mov al, [PAGE]
        T "page: NX without NXE is reserved"
        mov ecx, 0xc0000080
        mov eax, 0x501
        xor edx, edx
        wrmsr
        mov rax, PAGE | 7 | 1 << 63
        mov [PTE], rax
        RELOAD
        mov al, [PAGE]
        E
        T "page: PS in the PML4 is reserved"
        mov dword [PML4 + 8], PDPT | 0x87
        mov rbx, 0x8000000000
        mov al, [rbx]
        E
        T "page: 1 GiB, bit 13 is reserved"
        mov dword [PDPT + 8], 0x2087
        mov al, [0x40000000]
        E
        T "page: 1 GiB"
        mov dword [PDPT + 8], 0x87
        mov byte [PAGE + 5], 0x77
        movzx eax, byte [0x40000000 + PAGE + 5]
        mov dword [PDPT + 8], 0
        EV rax
        T "page: read-only at CPL 0 without WP"
        mov qword [PTE], PAGE | 5
        RELOAD
        mov [PAGE], al
        E
        mov dword [base_cr0], 0x80010033
        T "page: read-only at CPL 0 with WP"
        mov qword [PTE], PAGE | 5
        RELOAD
        mov [PAGE], al
        E
        T "page: supervisor at CPL 3"
        mov qword [PTE], PAGE | 3
        RELOAD
        ENTER3
        mov [PAGE], al
        E
        call only_this_page_is_users
        T "smep: fetch"
        mov byte [PAGE], 0xc3
        mov eax, 0x100620
        mov cr4, rax
        call PAGE
        E
        T "smap: read"
        mov eax, 0x200620
        mov cr4, rax
        mov al, [PAGE]
        E
        T "smap: write with AC"
        mov eax, 0x200620
        mov cr4, rax
        stac
        mov [PAGE], al
        E
        T "smap: stac, clac"
        mov eax, 0x200620
        mov cr4, rax
        stac
        clac
        mov [PAGE], al
        E
        mov rax, cr4
        btr rax, 21
        mov cr4, rax
        call all_users
        ONE "stac without SMAP in CR4", stac
        ONE3 "stac at CPL 3", stac
        ONE "rdpkru without PKE", rdpkru
        mov dword [base_cr4], 0x400620
%macro KEY 3+                           ; name, PKRU, access; the page has key 1
  T %1
        mov rax, PAGE | 7 | 1 << 59
        mov [PTE], rax
        RELOAD
        mov eax, %2
        xor ecx, ecx
        xor edx, edx
        wrpkru
        %3
  E
        xor eax, eax
        xor ecx, ecx
        xor edx, edx
        wrpkru
%endmacro
        KEY "pku: access disabled, read", 4, mov al, [PAGE]
        KEY "pku: write disabled, read", 8, mov al, [PAGE]
        KEY "pku: write disabled, write at CPL 0 with WP", 8, mov [PAGE], al
        KEY "pku: another key", 0xfffffff0, mov al, [PAGE + 0x1000]
        KEY "pku: fetch is not checked", 4, call PAGE
        T "pku: ecx not zero"
        mov ecx, 1
        rdpkru
        E
        mov dword [base_cr4], 0x620
        T "pcid: cr3 with a PCID first"
        mov rax, cr3
        or rax, 1
        mov cr3, rax
        mov eax, 0x20620
        mov cr4, rax
        E
        T "invpcid: type 4"
        mov eax, 4
        invpcid rax, [zeros]
        E
        T "invpcid: type 0, address not canonical"
        mov rax, BAD
        mov [scratch + 8], rax
        mov qword [scratch], 0
        xor eax, eax
        invpcid rax, [scratch]
        E
        T "invpcid: type 1, PCID without PCIDE"
        mov qword [scratch], 1
        mov eax, 1
        invpcid rax, [scratch]
        E
        T "invpcid: reserved bits of the descriptor"
        mov qword [scratch], 0x1000
        mov eax, 1
        invpcid rax, [scratch]
        E
        ONE3 "invpcid at CPL 3", invpcid rax, [zeros]
        T "invpcid: all, after a change"
        mov al, [PAGE]
        mov qword [PTE], 0
        mov eax, 2
        invpcid rax, [zeros]
        mov al, [PAGE]
        E
        T3 "int: rsp0 not canonical"
        GATE 0x90, CODE0, 0, 0xee00
        GATE 12, CODE0, stubs + 60, 0x8e01
        mov dword [tss + 8], 0x8000
        int 0x90
        E
        T "read: not canonical through rsp"
        GATE 12, CODE0, stubs + 60, 0x8e01
        mov rsp, BAD
        mov al, [rsp]
        mov esp, STACK0
        E
        T "lgdt: base not canonical"
        mov rax, BAD
        mov [scratch + 2], rax
        lgdt [scratch]
        E
        jmp finish

only_this_page_is_users:
        mov edi, PT
        mov ecx, 512
.next:  and byte [rdi], ~4
        add edi, 8
        loop .next
        or byte [PTE], 4
        RELOAD
        ret
all_users:
        mov edi, PT
        mov ecx, 512
.next:  or byte [rdi], 4
        add edi, 8
        loop .next
        RELOAD
        ret

        section .data
        align 16
scratch: times 32 db 0
zeros:   times 16 db 0
far64:   dq 0
         dw CODE0
        section .text
