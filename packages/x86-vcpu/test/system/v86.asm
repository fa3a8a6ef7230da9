; Virtual-8086 mode with and without CR4.VME, protected-mode virtual interrupts, real mode, unreal mode
; (SDM vol. 3 chapter 22).
;
;   IOPL 3: cs is 0 -> = 00000000
;   IOPL 3: mov ds is selector times 16 -> = 12345678
;   IOPL 3: cli -> = 00003002
;   IOPL 3: pushf, popf -> = 00003002
;   IOPL 3: popf cannot change IOPL -> = 00003002
;   IOPL 3: popfd cannot change VM -> = 00003002
;   IOPL 3: int n goes through the IDT -> = 00003333
;   IOPL 3: int n to a gate of DPL 0 -> #GP(0102) +00 rf vm
;   IOPL 3: iret -> = 00003002
;   IOPL 3: iretd -> = 00203202
;   word at ffff -> #GP(0000) +03 rf vm
;   byte at 10000 with 32-bit addressing -> #GP(0000) +06 rf vm
;   push with sp 1 -> #SS(0000) +03 rf vm
;   jump to 10000 -> #GP(0000) +06 rf vm
;   hlt -> #GP(0000) +00 rf vm
;   mov eax, cr0 -> #GP(0000) +00 rf vm
;   mov cr0, eax -> #GP(0000) +00 rf vm
;   mov eax, dr7 -> #GP(0000) +00 rf vm
;   clts -> #GP(0000) +00 rf vm
;   lgdt -> #GP(0000) +00 rf vm
;   sgdt -> = 00000000
;   smsw ax -> = 00000031
;   lldt ax -> = 00000000
;   sldt ax -> = 00000000
;   ltr ax -> = 00000000
;   str ax -> = 00000000
;   verr ax -> = 00000000
;   lar ax, ax -> = 00000000
;   lsl ax, ax -> = 00000000
;   arpl ax, ax -> = 00000000
;   invd -> #GP(0000) +00 rf vm
;   invlpg -> #GP(0000) +00 rf vm
;   rdmsr -> #GP(0000) +00 rf vm
;   sysenter with SYSENTER_CS 0 -> #GP(0000) +00 rf vm
;   sysexit -> #GP(0000) +00 rf vm
;   rdpmc -> #GP(0000) +00 rf vm
;   int3 through the IDT -> #BP +01 vm
;   into -> #OF +05 vm
;   in al, 0x80, open, IOPL 3 -> = 00000000
;   in al, 0x60, closed, IOPL 3: the bitmap decides -> #GP(0000) +00 rf vm
;   iret at CPL 3 with VM set in the image ignores it -> = 00000000
;   IOPL 0: cli -> #GP(0000) +00 rf vm
;   IOPL 0: sti -> #GP(0000) +00 rf vm
;   IOPL 0: pushf -> #GP(0000) +00 rf vm
;   IOPL 0: popf -> #GP(0000) +00 rf vm
;   IOPL 0: int n -> #GP(0000) +00 rf vm
;   IOPL 0: iret -> #GP(0000) +00 rf vm
;   IOPL 0: int3 is not sensitive -> #BP +01 vm
;   IOPL 0: in al, 0x80, open -> = 00000000
;   IOPL 0: in al, 0x60, closed -> #GP(0000) +00 rf vm
;   VME, IOPL 0: cli clears VIF -> = 00000000
;   VME, IOPL 0: pushf shows VIF as IF, IOPL as 3 -> = 00003202
;   VME, IOPL 0: cli, pushf -> = 00003002
;   VME, IOPL 0: sti, pushf -> = 00003202
;   VME, IOPL 0: pushfd -> #GP(0000) +00 rf vm
;   VME, IOPL 0: popfd -> #GP(0000) +00 rf vm
;   VME, IOPL 0: popf clears VIF -> = 00003002
;   VME, IOPL 0: popf with TF -> #GP(0000) +03 rf vm
;   VME, IOPL 0: iret clears VIF -> = 00003002
;   VME, IOPL 0: iretd -> #GP(0000) +00 rf vm
;   VME, IOPL 0: int n redirected to the vector table -> = 32023006
;   VME, IOPL 0: int n with its redirection bit set -> #GP(0000) +05 rf vm
;   VME, IOPL 0: sti with VIP -> #GP(0000) +01 rf vm
;   VME, IOPL 0: popf of IF with VIP -> #GP(0000) +03 rf vm
;   VME, IOPL 0: popf without IF with VIP -> = 00003002
;   VME, IOPL 3: int n redirected -> = 00003002
;   VME, IOPL 3: int n with its redirection bit set goes through the IDT -> $90 +07 vm
;   VME, IOPL 3: cli clears IF, not VIF -> = 00003002
;   PVI: cli clears VIF -> = 00000002
;   PVI: sti sets VIF -> = 00080002
;   PVI: popf ignores IF -> = 00080002
;   PVI: sti with VIP -> #GP(0000) +00 rf cpl3
;   real: word at ffff -> #GP(0000) +03
;   real: dword at ffff of ss -> #SS(0000) +03
;   real: byte at 10000 -> #GP(0000) +06
;   real: ud2 -> #UD +00
;   real: lldt -> #UD +00
;   real: arpl -> #UD +00
;   real: mov cs, ax -> #UD +00
;   real: int 13 frame -> = 00000006
;   real: int clears IF and TF -> = 00003002
;   real: popf keeps IOPL, NT, not VM -> = 00247cd7
;   real: bound -> #BR +0f
;   real: div by zero -> #DE +00
;   real: vector beyond the limit of the IDT -> #GP(0000) +14
;   real: smsw -> = 00000000
;   real: sgdt -> = 000000ff
;   real: lgdt with 16-bit operands loads 24 bits -> = 00123456
;   real: unreal ds reaches above 64 KiB -> = 600df00d
;   real: unreal limits go with the descriptor, base with the selector -> = 12341234
;   real: xlat, a20 open: ffff:0010 -> = cafe0001
;   real: into -> #OF +05
;   real: aligned fault: lock nop -> #UD +00
;   real: iret keeps no VM -> = 00000002
;   real: mov cr0 that sets PG without PE -> #GP(0000) +06
;   real: jump beyond 64 KiB -> #GP(0000) +06
%include "harness32.inc"

; One instruction; EAX after it.
%macro VM 2+
  TV %1
        %2
  EU eax
%endmacro
tests:
        mov dword [user_flags], 0x3002
        TV "IOPL 3: cs is 0"
        mov ax, cs
        EU eax
        TV "IOPL 3: mov ds is selector times 16"
        mov ax, 0x500
        mov ds, ax
        mov dword [0], 0x12345678
        xor ax, ax
        mov ds, ax
        mov eax, [0x5000]
        EU eax
        TV "IOPL 3: cli"
        cli
        pushfd
        pop eax
        EU eax
        TV "IOPL 3: pushf, popf"
        pushf
        popf
        pushfd
        pop eax
        EU eax
        TV "IOPL 3: popf cannot change IOPL"
        push word 2
        popf
        pushfd
        pop eax
        EU eax
        TV "IOPL 3: popfd cannot change VM"
        push dword 2
        popfd
        pushfd
        pop eax
        EU eax
        TV "IOPL 3: int n goes through the IDT"
        mov eax, 0x3333
        int 0x81
        EU eax
        TV "IOPL 3: int n to a gate of DPL 0"
        int 0x20
        EU eax
        TV "IOPL 3: iret"
        push word 2
        push word 0
        push word %$in
        iret
%$in:   pushfd
        pop eax
        EU eax
        TV "IOPL 3: iretd"
        push dword 0x00200202
        push dword 0
        push dword %$in
        iretd
%$in:   pushfd
        pop eax
        cli
        EU eax
        TV "word at ffff"
        mov bx, 0xffff
        mov ax, [bx]
        EU eax
        TV "byte at 10000 with 32-bit addressing"
        mov ebx, 0x10000
        mov al, [ebx]
        EU eax
        TV "push with sp 1"
        mov sp, 1
        push ax
        EU eax
        TV "jump to 10000"
        mov eax, 0x10000
        jmp eax
        EU eax
        VM "hlt", hlt
        VM "mov eax, cr0", mov eax, cr0
        VM "mov cr0, eax", mov cr0, eax
        VM "mov eax, dr7", mov eax, dr7
        VM "clts", clts
        VM "lgdt", lgdt [0]
        VM "sgdt", sgdt [0x500]
        VM "smsw ax", smsw ax
        VM "lldt ax", lldt ax
        VM "sldt ax", sldt ax
        VM "ltr ax", ltr ax
        VM "str ax", str ax
        VM "verr ax", verr ax
        VM "lar ax, ax", lar ax, ax
        VM "lsl ax, ax", lsl ax, ax
        VM "arpl ax, ax", arpl ax, ax
        VM "invd", invd
        VM "invlpg", invlpg [0]
        VM "rdmsr", rdmsr
        VM "sysenter with SYSENTER_CS 0", sysenter
        VM "sysexit", sysexit
        VM "rdpmc", rdpmc
        VM "int3 through the IDT", int3
        TV "into"
        mov al, 0x7f
        inc al
        into
        EU eax
        TV "in al, 0x80, open, IOPL 3"
        in al, 0x80
        xor ax, ax
        EU eax
        TV "in al, 0x60, closed, IOPL 3: the bitmap decides"
        in al, 0x60
        EU eax
        T3 "iret at CPL 3 with VM set in the image ignores it"
        push dword 0x20002
        push dword CODE3
        push dword %$in
        iret
%$in:   pushfd
        pop eax
        and eax, 0x20000
        EV eax
        mov dword [user_flags], 2
        VM "IOPL 0: cli", cli
        VM "IOPL 0: sti", sti
        VM "IOPL 0: pushf", pushf
        VM "IOPL 0: popf", popf
        VM "IOPL 0: int n", int 0x81
        VM "IOPL 0: iret", iret
        VM "IOPL 0: int3 is not sensitive", int3
        TV "IOPL 0: in al, 0x80, open"
        in al, 0x80
        xor ax, ax
        EU eax
        VM "IOPL 0: in al, 0x60, closed", in al, 0x60

; ---- VME
        mov dword [base_cr4], 1
        TV "VME, IOPL 0: cli clears VIF"
        cli
        mov al, 0
        EU eax
        mov dword [user_flags], 0x80002
        TV "VME, IOPL 0: pushf shows VIF as IF, IOPL as 3"
        pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: cli, pushf"
        cli
        pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: sti, pushf"
        cli
        sti
        pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: pushfd"
        pushfd
        EU eax
        TV "VME, IOPL 0: popfd"
        popfd
        EU eax
        TV "VME, IOPL 0: popf clears VIF"
        push word 0x0002
        popf
        pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: popf with TF"
        push word 0x0102
        popf
        EU eax
        TV "VME, IOPL 0: iret clears VIF"
        push word 2
        push word 0
        push word %$in
        iret
%$in:   pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: iretd"
        iretd
        EU eax
        TV "VME, IOPL 0: int n redirected to the vector table"
        mov word [0x90 * 4], %$in
        mov word [0x90 * 4 + 2], 0
        int 0x90
%$in:   pop bx
        pop bx
        pop ax                          ; the image of FLAGS
        shl eax, 16
        pushf
        pop ax
        EU eax
        TV "VME, IOPL 0: int n with its redirection bit set"
        or byte [tss + 0x68 + 0x12], 1
        int 0x90
        EU eax
        mov dword [user_flags], 0x100002
        TV "VME, IOPL 0: sti with VIP"
        cli
        sti
        EU eax
        TV "VME, IOPL 0: popf of IF with VIP"
        push word 0x202
        popf
        EU eax
        TV "VME, IOPL 0: popf without IF with VIP"
        push word 2
        popf
        pushf
        pop ax
        EU eax
        mov dword [user_flags], 0x3002
        TV "VME, IOPL 3: int n redirected"
        mov word [0x90 * 4], %$in
        mov word [0x90 * 4 + 2], 0
        int 0x90
%$in:   pop bx
        pop bx
        pop ax
        EU eax
        TV "VME, IOPL 3: int n with its redirection bit set goes through the IDT"
        or byte [tss + 0x68 + 0x12], 1
        int 0x90
        EU eax
        TV "VME, IOPL 3: cli clears IF, not VIF"
        cli
        pushfd
        pop eax
        EU eax

; ---- PVI
        mov dword [base_cr4], 2
        mov dword [user_flags], 0x80002
        T3 "PVI: cli clears VIF"
        cli
        pushfd
        pop eax
        EV eax
        T3 "PVI: sti sets VIF"
        cli
        sti
        pushfd
        pop eax
        EV eax
        T3 "PVI: popf ignores IF"
        push dword 2
        popfd
        pushfd
        pop eax
        EV eax
        mov dword [user_flags], 0x100002
        T3 "PVI: sti with VIP"
        sti
        E
        mov dword [base_cr4], 0
        mov dword [user_flags], 2

; ---- real mode and back
        jmp real_tests

; Real-mode tests: each shows what AX holds at the end, or the vector that came.
        section .data
real_idtr:  dw 0x3ff
            dd 0
        section .text
%macro R 1
  %push test
        mov dword [name], %$name
        mov dword [resume], %$end
        mov dword [start], %$begin
        call to_real
        bits 16
  %$begin:
  [section .data]
  %$name: db %1, 0
  __SECT__
%endmacro
%macro ER 0
        jmp real_value
        bits 32
  %$end:
  %pop
%endmacro

; Comes back from real mode with EAX to show.
        bits 16
real_value:
        mov bx, 0x81
        jmp back
real_fault:                             ; BX: vector
        ; IP and CS of the fault are on the stack
        push bp
        mov bp, sp
        movzx edx, word [bp + 2]
        pop bp
        jmp back
back:
        xor cx, cx
        mov ds, cx
        o32 lgdt [gdtr]
        mov ecx, cr0
        or cl, 1
        mov cr0, ecx
        jmp dword CODE0:.protected
        bits 32
.protected:
        mov cx, DATA0
        mov ds, cx
        mov es, cx
        mov fs, cx
        mov gs, cx
        mov ss, cx
        mov esp, STACK0
        lidt [idtr]
        push dword 2
        push dword CODE0
        push edx
        push byte 0
        push ebx
        jmp fault

to_real:                                ; enters the caller's next instruction in real mode
        pop edi
        push dword 2                    ; without VIF and VIP
        push dword CODE0
        push dword .flags
        iret
.flags:
        DESC FREE, 0x0000ffff, 0x00009a00
        DESC (FREE + 8), 0x0000ffff, 0x00009200
        xor ecx, ecx
.vector:
        movzx eax, cx
        lea eax, [eax * 4 + eax]
        add eax, real_stubs
        mov [ecx * 4], ax
        mov word [ecx * 4 + 2], 0
        inc ecx
        cmp ecx, 32
        jb .vector
        lidt [real_idtr]
        mov ax, FREE + 8
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        jmp FREE:.code16
        bits 16
.code16:
        mov eax, cr0
        and al, ~1
        mov cr0, eax
        jmp 0:.real
.real:  xor ax, ax
        mov ss, ax
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov sp, STACK3
        push dword 2
        popfd
        xor eax, eax
        xor ecx, ecx
        xor edx, edx
        jmp di
real_stubs:
%assign v 0
%rep 32
        mov bl, v
        jmp near real_fault_low
  %assign v v + 1
%endrep
real_fault_low:
        movzx ebx, bl
        jmp real_fault
        bits 32

real_tests:
        R "real: word at ffff"
        mov bx, 0xffff
        mov ax, [bx]
        ER
        R "real: dword at ffff of ss"
        mov bp, 0xffff
        mov eax, [bp]
        ER
        R "real: byte at 10000"
        mov ebx, 0x10000
        mov al, [ebx]
        ER
        R "real: ud2"
        ud2
        ER
        R "real: lldt"
        lldt ax
        ER
        R "real: arpl"
        arpl ax, ax
        ER
        R "real: mov cs, ax"
        db 0x8e, 0xc8
        ER
        R "real: int 13 frame"
        mov word [13 * 4], %$in
        int 13
%$in:   mov ax, STACK3
        sub ax, sp
        ER
        R "real: int clears IF and TF"
        mov word [0x20 * 4], %$in
        mov word [0x20 * 4 + 2], 0
        push word 0x3202
        popf
        int 0x20
%$in:   pushf
        pop ax
        ER
        R "real: popf keeps IOPL, NT, not VM"
        push dword 0x00247cd7
        popfd
        pushfd
        pop eax
        push dword 2
        popfd
        ER
        R "real: bound"
        mov word [0x500], 0
        mov word [0x502], 1
        mov ax, 2
        bound ax, [0x500]
        ER
        R "real: div by zero"
        div cx
        ER
        R "real: vector beyond the limit of the IDT"
        mov word [0x500], 0x7f
        mov dword [0x502], 0
        lidt [0x500]
        int 0x30
        ER
        R "real: smsw"
        smsw ax
        and ax, 1
        ER
        R "real: sgdt"
        mov dword [0x500], 0
        sgdt [0x500]
        mov ax, [0x500]
        ER
        R "real: lgdt with 16-bit operands loads 24 bits"
        mov word [0x500], 0x1f
        mov dword [0x502], 0xff123456
        lgdt [0x500]
        sgdt [0x508]
        mov eax, [0x50a]
        ER
        R "real: unreal ds reaches above 64 KiB"
        o32 lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, DATA0
        mov ds, bx
        and al, ~1
        mov cr0, eax
        xor bx, bx
        mov ds, bx
        mov ebx, 0x200000
        mov dword [ebx], 0x600df00d
        mov eax, [ebx]
        ER
        R "real: unreal limits go with the descriptor, base with the selector"
        o32 lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, DATA0
        mov es, bx
        and al, ~1
        mov cr0, eax
        mov bx, 0x10
        mov es, bx
        mov ebx, 0x200000
        mov dword [es:ebx], 0x99999999
        xor bx, bx
        mov es, bx
        mov ebx, 0x200100
        mov dword [es:ebx], 0x12341234
        mov ebx, 0x200000
        mov eax, [es:ebx + 0x100]
        ER
        R "real: xlat, a20 open: ffff:0010"
        mov ax, 0xffff
        mov fs, ax
        mov dword [fs:0x10], 0xcafe0001
        mov eax, [fs:0x10]
        ER
        R "real: into"
        mov al, 0x7f
        inc al
        into
        ER
        R "real: aligned fault: lock nop"
        db 0xf0, 0x90
        ER
        R "real: iret keeps no VM"
        push dword 0x20002
        push dword 0
        push dword %$in
        iretd
%$in:   pushfd
        pop eax
        ER
        R "real: mov cr0 that sets PG without PE"
        mov eax, 0x80000010
        mov cr0, eax
        ER
        R "real: jump beyond 64 KiB"
        mov eax, 0x10000
        jmp eax
        ER
        jmp finish
