; Blocking of NMIs (SDM vol. 3 §7.7.1), MONITOR and MWAIT (SDM vol. 2). NMIs come from the local APIC.
;
;   NMI: comes with IF clear -> = 00000101
;   NMI: another waits for IRET -> = 00000201
;   NMI: two that wait are one -> = 00000201
;   NMI: any IRET ends the blocking -> = 00000202
;   NMI: popf and far return do not -> = 00000201
;   NMI: an IRET that faults does, too -> = 00000202
;   NMI: the next one is blocked again -> = 00000201
;   monitor -> ok
;   monitor: extensions -> #GP(0000) +0a rf
;   monitor: null ds -> #GP(0000) +02 rf
;   monitor: beyond the limit -> #GP(0000) +21 rf
;   monitor: lock -> #UD +00 rf
;   monitor at CPL 3 -> #UD +00 rf cpl3
;   mwait: extensions -> #GP(0000) +05 rf
;   mwait at CPL 3 -> #UD +00 rf cpl3
;   RF: a fault in the middle of rep saves it -> #GP(0000) +21 rf
;   RF: and leaves ecx where it stopped -> = 00000004
;   RF: a software interrupt does not save it -> = 00000000
;   RF: #BP does not save it -> = 00000000
;   RF: #UD saves it -> = 00010000
;   RF: pushf never shows it -> = 00000002
%include "harness32.inc"

; An NMI to this processor: physical destination 0.
%macro SEND 0
        mov dword [0xfee00310], 0
        mov dword [0xfee00300], 0x4400
        jmp %%taken                     ; QEMU looks at branches only
%%taken:
        nop
%endmacro
%macro ROW 1+                           ; name; what the first NMI's handler does follows, then DONE
  T %1
        GATE 2, CODE0, handler, 0x8e00
        mov dword [count], 0
        mov dword [seen], 0
        mov dword [first], %$first
        SEND
        mov eax, [count]
        shl eax, 8
        or eax, [seen]
        int 0x81
%$first:
%endmacro
%macro DONE 0
        mov eax, [count]
        mov [seen], eax
        iret
  %$end:
  %pop
%endmacro

tests:
; ---- count << 8 | count at the end of the first handler
        ROW "NMI: comes with IF clear"
        DONE
        ROW "NMI: another waits for IRET"
        SEND
        DONE
        ROW "NMI: two that wait are one"
        SEND
        SEND
        DONE
        ROW "NMI: any IRET ends the blocking"
        GATE 0x90, CODE0, plain, 0x8e00
        SEND
        int 0x90
        nop
        DONE
        ROW "NMI: popf and far return do not"
        SEND
        pushfd
        popfd
        push cs
        call plain_far
        nop
        DONE
        ROW "NMI: an IRET that faults does, too"
        GATE 13, CODE0, after_gp, 0x8e00
        SEND
        push dword 2
        push dword 0x7000               ; beyond the GDT
        push dword 0
        iret
        DONE
        T "NMI: the next one is blocked again"
        GATE 2, CODE0, handler, 0x8e00
        mov dword [count], 0
        mov dword [seen], 0
        mov dword [first], %$first
        SEND
        SEND
        mov eax, [count]
        shl eax, 8
        or eax, [seen]
        int 0x81
%$first: DONE

; ---- MONITOR, MWAIT
        T "monitor"
        mov eax, scratch
        monitor
        E
        T "monitor: extensions"
        mov eax, scratch
        mov ecx, 1
        monitor
        E
        T "monitor: null ds"
        mov ds, cx
        monitor
        E
        T "monitor: beyond the limit"
        mov dword [gdt + FREE], 0x0000000f
        mov dword [gdt + FREE + 4], 0x00409300
        mov dx, FREE
        mov ds, dx
        mov eax, 0x10
        xor edx, edx
        monitor
        E
        T "monitor: lock"
        db 0xf0, 0x0f, 0x01, 0xc8
        E
        T3 "monitor at CPL 3"
        monitor
        E
        T "mwait: extensions"
        mov ecx, 2
        mwait
        E
        T3 "mwait at CPL 3"
        mwait
        E

; ---- RF
        T "RF: a fault in the middle of rep saves it"
        mov dword [gdt + FREE], 0x00000003
        mov dword [gdt + FREE + 4], 0x00409300
        mov dx, FREE
        mov es, dx
        xor edi, edi
        mov ecx, 8
        rep stosb
        E
        T "RF: and leaves ecx where it stopped"
        GATE 13, CODE0, show_ecx, 0x8e00
        mov dword [gdt + FREE], 0x00000003
        mov dword [gdt + FREE + 4], 0x00409300
        mov dx, FREE
        mov es, dx
        xor edi, edi
        mov ecx, 8
        rep stosb
        E
        T "RF: a software interrupt does not save it"
        GATE 0x90, CODE0, show_flags, 0x8e00
        int 0x90
        E
        T "RF: #BP does not save it"
        GATE 3, CODE0, show_flags, 0x8e00
        int3
        E
        T "RF: #UD saves it"
        GATE 6, CODE0, show_flags, 0x8e00
        ud2
        E
        T "RF: pushf never shows it"
        push dword 0x10002
        push dword CODE0
        push dword %$in
        iret
%$in:   pushfd
        pop eax
        EV eax
        jmp finish

handler:
        inc dword [count]
        cmp dword [count], 1
        jne plain
        jmp [first]
plain:  iret
plain_far:
        retf
after_gp:                               ; error code, EIP, CS, EFLAGS of the IRET; below them the frame it could not take
        nop
        mov eax, [count]
        mov [seen], eax
        add esp, 4 + 12 + 12
        iret
show_ecx:
        mov eax, ecx
        int 0x81
show_flags:
        mov eax, [esp + 8]
        and eax, 0x10000
        int 0x81

        section .data
        align 16
scratch: times 64 db 0
count:  dd 0
seen:   dd 0
first:  dd 0
        section .text
