; Paging outside long mode (SDM vol. 3 chapter 5): 32-bit with and without PSE, and PAE.
; The first 4 MiB are one to one and open to CPL 3; PAGE is the page under test, reached at its own address.
;
;   WP 0: user page, read at CPL 3 -> ok
;   WP 0: user page, write to read-only at CPL 3 -> #PF(0007) +34 cr2=001f0000 rf cpl3
;   WP 0: user page, write at CPL 3 -> ok
;   WP 0: supervisor page, read at CPL 3 -> #PF(0005) +34 cr2=001f0000 rf cpl3
;   WP 0: supervisor page, write at CPL 3 -> #PF(0007) +34 cr2=001f0000 rf cpl3
;   WP 0: supervisor page, fetch at CPL 3 -> #PF(0005) +001f0000 cr2=001f0000 rf cpl3
;   WP 0: absent page, read at CPL 3 -> #PF(0004) +34 cr2=001f0000 rf cpl3
;   WP 0: absent page, write at CPL 3 -> #PF(0006) +34 cr2=001f0000 rf cpl3
;   WP 0: absent page, read at CPL 0 -> #PF(0000) +21 cr2=001f0000 rf
;   WP 0: absent page, write at CPL 0 -> #PF(0002) +21 cr2=001f0000 rf
;   WP 0: absent page, fetch at CPL 0 -> #PF(0000) +001f0000 cr2=001f0000 rf
;   WP 0: read-only page, write at CPL 0 -> ok
;   WP 0: user page, write to read-only at CPL 0 -> ok
;   WP 0: user page, read at CPL 0 -> ok
;   WP 0: user page, write at CPL 0 -> ok
;   WP 0: user page, fetch at CPL 0 -> ok
;   WP 1: user page, read at CPL 3 -> ok
;   WP 1: user page, write to read-only at CPL 3 -> #PF(0007) +34 cr2=001f0000 rf cpl3
;   WP 1: user page, write at CPL 3 -> ok
;   WP 1: supervisor page, read at CPL 3 -> #PF(0005) +34 cr2=001f0000 rf cpl3
;   WP 1: supervisor page, write at CPL 3 -> #PF(0007) +34 cr2=001f0000 rf cpl3
;   WP 1: supervisor page, fetch at CPL 3 -> #PF(0005) +001f0000 cr2=001f0000 rf cpl3
;   WP 1: absent page, read at CPL 3 -> #PF(0004) +34 cr2=001f0000 rf cpl3
;   WP 1: absent page, write at CPL 3 -> #PF(0006) +34 cr2=001f0000 rf cpl3
;   WP 1: absent page, read at CPL 0 -> #PF(0000) +21 cr2=001f0000 rf
;   WP 1: absent page, write at CPL 0 -> #PF(0002) +21 cr2=001f0000 rf
;   WP 1: absent page, fetch at CPL 0 -> #PF(0000) +001f0000 cr2=001f0000 rf
;   WP 1: read-only page, write at CPL 0 -> #PF(0003) +21 cr2=001f0000 rf
;   WP 1: user page, write to read-only at CPL 0 -> #PF(0003) +21 cr2=001f0000 rf
;   WP 1: user page, read at CPL 0 -> ok
;   WP 1: user page, write at CPL 0 -> ok
;   WP 1: user page, fetch at CPL 0 -> ok
;   directory: absent, read -> #PF(0000) +21 cr2=00400000 rf
;   directory: absent, write at CPL 3 -> #PF(0006) +34 cr2=7ffffffc rf cpl3
;   directory read-only, table writable, write at CPL 3 -> #PF(0007) +1d cr2=00400000 rf cpl3
;   directory supervisor, table user, read at CPL 3 -> #PF(0005) +1d cr2=00400000 rf cpl3
;   large page bit without PSE is ignored -> ok
;   accessed bits by reading -> = 00270027
;   dirty bit by writing, not in the directory -> = 00670027
;   dirty bit by writing after reading -> = 00000067
;   no bit by a refused write -> = 00000001
;   access across pages: the second is absent -> #PF(0000) +10 cr2=001f1000 rf
;   write across pages: the second is absent, nothing is written -> #PF(0003) +0a cr2=001f0ffc rf
;   write across pages: both absent, the first faults -> #PF(0002) +1a cr2=001f0ffe rf
;   instruction across pages: the second is absent -> #PF(0000) +001f0ffe cr2=001f1000 rf
;   rep movsb stops at the absent page, ecx -> = 00101000
;   rep stosd downwards -> #PF(0002) +25 cr2=001f0ffc rf
;   cmpxchg that does not match needs a writable page -> #PF(0003) +10 cr2=001f0000 rf
;   push onto an absent page -> #PF(0002) +5c cr2=001f07fc rf
;   double fault: #PF while delivering #PF -> #DF(0000) +38 rf
;   double fault: #GP while delivering #UD is not one -> #GP(0033) +0a rf
;   double fault: #NP while delivering #GP -> #DF(0000) +31 rf
;   smep -> #PF(0011) +001f0000 cr2=001f0000 rf
;   smap: read of a user page -> #PF(0001) +17 cr2=001f0000 rf
;   smap: with AC -> ok
;   smap: implicit access, AC does not help -> #PF(0001) +32 cr2=001f0008 rf
;   invlpg -> #PF(0000) +20 cr2=001f0000 rf
;   PSE: 4 MiB page -> #PF(0002) +10 cr2=001f0008 rf
;   PSE: bit 21 is reserved -> #PF(0009) +10 cr2=00c00000 rf
;   PSE: reserved bit at CPL 3, write -> #PF(000f) +23 cr2=00c00123 rf cpl3
;   PSE: dirty bit -> = 000000e7
;   PSE: read-only, write at CPL 3 -> #PF(0007) +23 cr2=00df0008 rf cpl3
;   PAE: read -> ok
;   PAE: absent directory pointer -> #PF(0000) +00 cr2=40000000 rf
;   PAE: absent directory entry -> #PF(0000) +00 cr2=00800000 rf
;   PAE: absent page, write -> #PF(0002) +10 cr2=001f0000 rf
;   PAE: bit 52 is reserved -> #PF(0002) +00 cr2=001f0000 rf
;   PAE: bit 62 is reserved -> #PF(0009) +21 cr2=001f0000 rf
;   PAE: bit 63 is reserved without NXE -> #PF(0009) +21 cr2=001f0000 rf
;   PAE: reserved bit in an absent page -> #PF(0000) +21 cr2=001f0000 rf
;   PAE: bit 13 of a 2 MiB page is reserved -> #PF(0009) +0a cr2=00400000 rf
;   PAE: PDPTE bit 1 is reserved: mov cr3 -> #GP(0000) +0d rf
;   PAE: PDPTE reserved bit 5 -> #GP(0000) +0d rf
;   PAE: PDPTEs are loaded by mov cr3 only -> #PF(0000) +0a cr2=40000000 rf
;   NXE: fetch -> #PF(0011) +001f0000 cr2=001f0000 rf
;   NXE: read -> ok
;   NXE: fetch at CPL 3 -> #PF(0015) +001f0000 cr2=001f0000 rf cpl3
;   NXE: fetch of an absent page sets I -> #PF(0010) +001f0000 cr2=001f0000 rf
%include "harness32.inc"

PD              equ 0x20000
PT              equ 0x21000
PDPT            equ 0x22000
PD8             equ 0x23000             ; PAE
PT8             equ 0x24000
PAGE            equ 0x1f0000
BIG             equ 0xc00000            ; a large page that tests may map
PTE             equ PT + (PAGE >> 12) * 4
PTE8            equ PT8 + (PAGE >> 12) * 8

%macro READ 0
        mov eax, [PAGE]
%endmacro
%macro WRITE 0
        mov [PAGE], eax
%endmacro

; Rights: name, ring macro (T or T3), page table entry, page directory entry, access.
%macro RIGHTS 5
  T %1
        mov byte [PAGE], 0xc3           ; ret
        mov dword [PTE], PAGE | (%3)
        mov dword [PD], PT | (%4)
        mov eax, cr3
        mov cr3, eax
  %ifidn %2, T3
        ENTER3
  %endif
        %5
  E
        mov dword [PTE], PAGE | 7
%endmacro
; From CPL 0 to CPL 3, after set-up that only CPL 0 may do.
%macro ENTER3 0
        push dword DATA3
        push dword STACK3
        push dword 2
        push dword CODE3
        push dword %%in
        iret
  %%in: push ss
        pop ds
%endmacro
%macro ALL_RIGHTS 1                     ; prefix of the names
  %strcat t %1, "user page, read at CPL 3"
        RIGHTS t, T3, 5, 7, READ
  %strcat t %1, "user page, write to read-only at CPL 3"
        RIGHTS t, T3, 5, 7, WRITE
  %strcat t %1, "user page, write at CPL 3"
        RIGHTS t, T3, 7, 7, WRITE
  %strcat t %1, "supervisor page, read at CPL 3"
        RIGHTS t, T3, 3, 7, READ
  %strcat t %1, "supervisor page, write at CPL 3"
        RIGHTS t, T3, 3, 7, WRITE
  %strcat t %1, "supervisor page, fetch at CPL 3"
        RIGHTS t, T3, 3, 7, jmp PAGE
  %strcat t %1, "absent page, read at CPL 3"
        RIGHTS t, T3, 6, 7, READ
  %strcat t %1, "absent page, write at CPL 3"
        RIGHTS t, T3, 6, 7, WRITE
  %strcat t %1, "absent page, read at CPL 0"
        RIGHTS t, T, 6, 7, READ
  %strcat t %1, "absent page, write at CPL 0"
        RIGHTS t, T, 6, 7, WRITE
  %strcat t %1, "absent page, fetch at CPL 0"
        RIGHTS t, T, 6, 7, jmp PAGE
  %strcat t %1, "read-only page, write at CPL 0"
        RIGHTS t, T, 1, 7, WRITE
  %strcat t %1, "user page, write to read-only at CPL 0"
        RIGHTS t, T, 5, 7, WRITE
  %strcat t %1, "user page, read at CPL 0"
        RIGHTS t, T, 5, 7, READ
  %strcat t %1, "user page, write at CPL 0"
        RIGHTS t, T, 7, 7, WRITE
  %strcat t %1, "user page, fetch at CPL 0"
        RIGHTS t, T, 7, 7, call PAGE
%endmacro

tests:
        mov edi, PD
        mov ecx, 0x5000 / 4
        xor eax, eax
        rep stosd
        mov dword [PD], PT | 7
        mov dword [PDPT], PD8 | 1
        mov dword [PD8], PT8 | 7
        mov dword [PD8 + 8], 0x200000 | 0x87    ; PAE: the second 2 MiB as one page
        xor ecx, ecx
.page:  mov eax, ecx
        shl eax, 12
        or eax, 7
        mov [PT + ecx * 4], eax
        cmp ecx, 512
        jae .wide
        mov [PT8 + ecx * 8], eax
.wide:  inc ecx
        cmp ecx, 1024
        jb .page
        mov byte [PAGE], 0xc3           ; ret
        mov dword [base_cr3], PD
        mov eax, PD
        mov cr3, eax
        mov dword [base_cr0], 0x80000031

        ALL_RIGHTS "WP 0: "
        mov dword [base_cr0], 0x80010031
        ALL_RIGHTS "WP 1: "
        RIGHTS "directory: absent, read", T, 7, 7, {mov eax, [0x400000]}
        RIGHTS "directory: absent, write at CPL 3", T3, 7, 7, {mov [0x7ffffffc], eax}
        T "directory read-only, table writable, write at CPL 3"
        mov dword [PD + 4], PT | 5
        ENTER3
        mov [0x400000], eax
        E
        T "directory supervisor, table user, read at CPL 3"
        mov dword [PD + 4], PT | 3
        ENTER3
        mov eax, [0x400000]
        E
        T "large page bit without PSE is ignored"
        mov dword [PD + 4], PT | 0x87
        mov eax, [0x400000]
        E
        T "accessed bits by reading"
        mov dword [PTE], PAGE | 7
        mov dword [PD], PT | 7
        mov eax, cr3
        mov cr3, eax
        READ
        mov eax, [PTE]
        shl eax, 16
        mov ax, [PD]
        and eax, 0x00ff00ff
        EV eax
        T "dirty bit by writing, not in the directory"
        mov dword [PTE], PAGE | 7
        mov dword [PD], PT | 7
        mov eax, cr3
        mov cr3, eax
        WRITE
        mov eax, [PTE]
        shl eax, 16
        mov ax, [PD]
        and eax, 0x00ff00ff
        EV eax
        T "dirty bit by writing after reading"
        mov dword [PTE], PAGE | 7
        mov eax, cr3
        mov cr3, eax
        READ
        WRITE
        mov eax, [PTE]
        and eax, 0xff
        EV eax
        T "no bit by a refused write"
        mov dword [PTE], PAGE | 1
        mov eax, cr3
        mov cr3, eax
        GATE 14, CODE0, %$pf, 0x8e00
        WRITE
%$pf:   mov eax, [PTE]
        and eax, 0xff
        EV eax
        T "access across pages: the second is absent"
        mov dword [PTE + 4], 0
        mov eax, cr3
        mov cr3, eax
        mov eax, [PAGE + 0xffe]
        E
        T "write across pages: the second is absent, nothing is written"
        mov dword [PTE + 4], 0
        mov dword [PAGE + 0xffc], 0x11111111
        mov eax, cr3
        mov cr3, eax
        GATE 14, CODE0, %$pf, 0x8e00
        mov dword [PAGE + 0xffe], 0x22222222
%$pf:   EV [PAGE + 0xffc]
        mov dword [PTE + 4], (PAGE + 0x1000) | 7
        T "write across pages: both absent, the first faults"
        mov dword [PTE + 4], 0
        mov dword [PTE], 0
        mov eax, cr3
        mov cr3, eax
        mov dword [PAGE + 0xffe], eax
        E
        mov dword [PTE + 4], (PAGE + 0x1000) | 7
        T "instruction across pages: the second is absent"
        mov dword [PTE], PAGE | 7
        mov dword [PTE + 4], 0
        mov eax, cr3
        mov cr3, eax
        mov word [PAGE + 0xffe], 0x05c7
        jmp PAGE + 0xffe
        E
        mov dword [PTE + 4], (PAGE + 0x1000) | 7
        T "rep movsb stops at the absent page, ecx"
        mov dword [PTE + 4], 0
        mov eax, cr3
        mov cr3, eax
        GATE 14, CODE0, %$pf, 0x8e00
        mov esi, 0x500
        mov edi, PAGE + 0xff0
        mov ecx, 0x20
        rep movsb
%$pf:   mov eax, ecx
        shl eax, 16
        mov ax, di
        EV eax
        mov dword [PTE + 4], (PAGE + 0x1000) | 7
        T "rep stosd downwards"
        mov dword [PTE], 0
        mov dword [PTE + 4], (PAGE + 0x1000) | 7
        mov eax, cr3
        mov cr3, eax
        mov edi, PAGE + 0x1010
        mov ecx, 0x20
        std
        rep stosd
        E
        T "cmpxchg that does not match needs a writable page"
        mov dword [PTE], PAGE | 1
        mov eax, cr3
        mov cr3, eax
        cmpxchg [PAGE], ebx
        E
        T "push onto an absent page"
        mov dword [PTE], 0
        mov eax, cr3
        mov cr3, eax
        GATE 14, 0, 0, 0x8500
        mov word [idt + 14 * 8 + 2], TSS1
        mov word [idt + 14 * 8], 0
        call task_setup
        mov dword [tss1 + 0x20], task_page_fault
        mov esp, PAGE + 0x800
        push eax
        E
        T "double fault: #PF while delivering #PF"
        mov dword [PTE], 0
        mov eax, cr3
        mov cr3, eax
        mov dword [idt + 8 * 8], TSS1 << 16
        mov dword [idt + 8 * 8 + 4], 0x8500
        call task_setup
        mov dword [tss1 + 0x20], task_double_fault
        mov esp, PAGE + 0x800
        push eax
        E
        T "double fault: #GP while delivering #UD is not one"
        mov dword [idt + 6 * 8 + 4], 0
        ud2
        E
        T "double fault: #NP while delivering #GP"
        mov dword [idt + 13 * 8 + 4], 0x0e00
        mov dword [idt + 8 * 8], TSS1 << 16
        mov dword [idt + 8 * 8 + 4], 0x8500
        call task_setup
        mov dword [tss1 + 0x20], task_double_fault
        mov ax, 0x150
        mov ds, ax
        E
        T "smep"
        mov dword [PTE], PAGE | 7
        mov byte [PAGE], 0xc3
        call only_this_page_is_users
        mov eax, 0x100000
        mov cr4, eax
        call PAGE
        E
        T "smap: read of a user page"
        mov dword [PTE], PAGE | 7
        call only_this_page_is_users
        mov eax, 0x200000
        mov cr4, eax
        READ
        E
        T "smap: with AC"
        call only_this_page_is_users
        mov eax, 0x200000
        mov cr4, eax
        push dword 0x40002
        popfd
        READ
        E
        T "smap: implicit access, AC does not help"
        call only_this_page_is_users
        mov eax, 0x200000
        mov cr4, eax
        push dword 0x40002
        popfd
        DESC FREE, 0x0000001f, 0x0000821f
        mov ax, FREE
        lldt ax
        mov ax, 0x0c
        mov ds, ax
        E
        xor eax, eax
        mov cr4, eax
        call all_users
        T "invlpg"
        mov dword [PTE], PAGE | 7
        READ
        mov dword [PTE], 0
        invlpg [PAGE]
        READ
        E

; ---- PSE
        mov dword [base_cr4], 0x10
        T "PSE: 4 MiB page"
        mov dword [PD + (BIG >> 22) * 4], 0x87
        mov eax, cr3
        mov cr3, eax
        mov dword [PAGE + 8], 0x5a5a0001
        EV [BIG + PAGE + 8]
        T "PSE: bit 21 is reserved"
        mov dword [PD + (BIG >> 22) * 4], 0x200087
        mov eax, cr3
        mov cr3, eax
        EV [BIG]
        T "PSE: reserved bit at CPL 3, write"
        mov dword [PD + (BIG >> 22) * 4], 0x200087
        mov eax, cr3
        mov cr3, eax
        ENTER3
        mov [BIG + 0x123], eax
        E
        T "PSE: dirty bit"
        mov dword [PD + (BIG >> 22) * 4], 0x87
        mov eax, cr3
        mov cr3, eax
        mov [BIG + PAGE + 8], eax
        mov eax, [PD + (BIG >> 22) * 4]
        EV eax
        T "PSE: read-only, write at CPL 3"
        mov dword [PD + (BIG >> 22) * 4], 0x85
        mov eax, cr3
        mov cr3, eax
        ENTER3
        mov [BIG + PAGE + 8], eax
        E

; ---- PAE
        mov eax, 0x31
        mov cr0, eax
        mov eax, 0x20
        mov cr4, eax
        mov dword [base_cr3], PDPT
        mov dword [base_cr4], 0x20
        mov eax, PDPT
        mov cr3, eax
        T "PAE: read"
        READ
        E
        T "PAE: absent directory pointer"
        mov eax, [0x40000000]
        E
        T "PAE: absent directory entry"
        mov eax, [0x800000]
        E
        T "PAE: absent page, write"
        mov dword [PTE8], 0
        mov eax, cr3
        mov cr3, eax
        WRITE
        E
%macro PAEBIT 4                         ; name, low, high, access
  T %1
        mov byte [PAGE], 0xc3
        mov dword [PTE8], PAGE | (%2)
        mov dword [PTE8 + 4], %3
        mov eax, cr3
        mov cr3, eax
        %4
  E
        mov dword [PTE8 + 4], 0
        mov dword [PTE8], PAGE | 7
%endmacro
        PAEBIT "PAE: bit 52 is reserved", 7, 0x100000, READ
        PAEBIT "PAE: bit 62 is reserved", 7, 0x40000000, READ
        PAEBIT "PAE: bit 63 is reserved without NXE", 7, 0x80000000, READ
        PAEBIT "PAE: reserved bit in an absent page", 6, 0x40000000, READ
        T "PAE: bit 13 of a 2 MiB page is reserved"
        mov dword [PD8 + 16], 0x2087
        mov eax, [0x400000]
        E
        mov dword [PD8 + 16], 0
        T "PAE: PDPTE bit 1 is reserved: mov cr3"
        mov dword [PDPT + 8], PD8 | 3
        mov eax, cr3
        mov cr3, eax
        E
        mov dword [PDPT + 8], 0
        T "PAE: PDPTE reserved bit 5"
        mov dword [PDPT + 8], PD8 | 0x21
        mov eax, cr3
        mov cr3, eax
        E
        mov dword [PDPT + 8], 0
        T "PAE: PDPTEs are loaded by mov cr3 only"
        mov dword [PDPT + 8], PD8 | 1
        mov eax, [0x40000000]
        E
        mov dword [PDPT + 8], 0
        mov ecx, 0xc0000080
        mov eax, 0x800
        xor edx, edx
        wrmsr
        PAEBIT "NXE: fetch", 7, 0x80000000, call PAGE
        PAEBIT "NXE: read", 7, 0x80000000, READ
        T "NXE: fetch at CPL 3"
        mov dword [PTE8 + 4], 0x80000000
        mov eax, cr3
        mov cr3, eax
        ENTER3
        jmp PAGE
        E
        mov dword [PTE8 + 4], 0
        T "NXE: fetch of an absent page sets I"
        mov dword [PTE8], 6
        mov eax, cr3
        mov cr3, eax
        jmp PAGE
        E
        mov dword [PTE8], PAGE | 7
        mov dword [base_cr0], 0x31
        mov eax, 0x31
        mov cr0, eax
        mov dword [base_cr4], 0
        jmp finish

only_this_page_is_users:
        pushad
        xor ecx, ecx
.next:  mov eax, ecx
        shl eax, 12
        or eax, 3
        mov [PT + ecx * 4], eax
        inc ecx
        cmp ecx, 1024
        jb .next
        mov dword [PTE], PAGE | 7
        mov eax, cr3
        mov cr3, eax
        popad
        ret
all_users:
        pushad
        xor ecx, ecx
.next:  mov eax, ecx
        shl eax, 12
        or eax, 7
        mov [PT + ecx * 4], eax
        inc ecx
        cmp ecx, 1024
        jb .next
        mov eax, cr3
        mov cr3, eax
        popad
        ret

task_setup:
        pushad
        mov edi, tss1
        mov ecx, 26
        xor eax, eax
        rep stosd
        mov eax, cr3
        mov [tss1 + 0x1c], eax
        mov dword [tss1 + 0x24], 2
        mov dword [tss1 + 0x38], 0x5f00
        mov dword [tss1 + 0x4c], CODE0
        mov dword [tss1 + 0x48], DATA0
        mov dword [tss1 + 0x50], DATA0
        mov dword [tss1 + 0x54], DATA0
        mov dword [tss1 + 0x58], DATA0
        mov dword [tss1 + 0x5c], DATA0
        popad
        ret
%macro AS_GATE 1
        pop eax
        push dword [tss + 0x24]
        push dword [tss + 0x4c]
        push dword [tss + 0x20]
        push eax
        push byte %1
        jmp fault
%endmacro
task_page_fault:   AS_GATE 14
task_double_fault: AS_GATE 8

