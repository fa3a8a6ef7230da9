; Hardware task switches (SDM vol. 3 chapter 9), protected mode without paging.
;
;   jmp: TSS -> ok
;   jmp: the old TSS is no longer busy, the new one is -> = 89008b00
;   jmp: NT stays clear, TS is set -> = 00000008
;   jmp: writes no back link -> = 00001234
;   jmp: EIP saved is that of the next instruction -> = 00000000
;   jmp: registers are saved -> = 61616161
;   jmp: segments are saved -> = 00080023
;   call: back link, NT, both busy -> = 8b004028
;   call and iret: back behind the call -> = 00008900
;   call, iret, call again: goes on behind the iret -> = 00002222
;   jmp: TSS that is busy -> #GP(0030) +16 rf
;   jmp: to itself -> #GP(0028) +0f rf
;   jmp: RPL 3 on DPL 0 -> #GP(0030) +0f rf
;   jmp at CPL 3: DPL 0 -> #GP(0030) +0f rf cpl3
;   jmp at CPL 3: DPL 3 -> ok
;   jmp: not present -> #NP(0030) +16 rf
;   jmp: limit 66 -> #TS(0030) +16 rf
;   jmp: busy and not present -> #GP(0030) +16 rf
;   task gate -> ok
;   task gate: not present -> #NP(0050) +23 rf
;   task gate: to a busy TSS -> #GP(0030) +2a rf
;   task gate: to data -> #GP(0010) +23 rf
;   task gate: to the LDT -> #GP(0034) +23 rf
;   task gate: null -> #GP(0000) +23 rf
;   task gate: beyond the GDT -> #GP(0200) +23 rf
;   task gate: TSS not present -> #NP(0030) +2a rf
;   task gate: RPL 3 on DPL 0 -> #GP(0050) +23 rf
;   task gate at CPL 3: gate DPL 3, TSS DPL 0 -> = 00000008
;   int through a task gate -> = 00004028
;   int at CPL 3: task gate DPL 0 -> #GP(0482) +23 rf cpl3
;   int: task gate to a busy TSS -> #GP(0030) +2a rf
;   #UD through a task gate to a busy TSS: EXT is set -> #GP(0031) +2a rf
;   #GP through a task gate pushes its error code -> = 5efc0150
;   T bit -> #DB +1d dr6=ffff8ff0
;   task switch clears the local breakpoints -> = 000004aa
;   EFLAGS of the new task -> = 00240ed7
;   new task: LDT is data -> #TS(0010) +24 rf
;   new task: LDT in the LDT -> #TS(003c) +24 rf
;   new task: LDT beyond the GDT -> #TS(0200) +24 rf
;   new task: cs null -> #TS(0000) +24 rf
;   new task: cs data -> #TS(0010) +24 rf
;   new task: cs beyond the GDT -> #TS(0200) +24 rf
;   new task: cs DPL 3, RPL 0 -> #TS(0018) +24 rf
;   new task: cs DPL 0, RPL 3 -> #TS(0008) +24 rf cpl3
;   new task: ss null -> #TS(0000) +24 rf
;   new task: ss code -> #TS(0008) +24 rf
;   new task: ss DPL 3 -> #TS(0020) +24 rf
;   new task: ss RPL 3 -> #TS(0010) +24 rf
;   new task: ds system -> #TS(0028) +24 rf
;   new task: ds beyond the GDT -> #TS(0200) +24 rf
;   new task: ds null -> ok
;   new task: gs in an LDT that is not there -> #TS(000c) +24 rf
;   new task: cs not present -> #NP(0050) +38 rf
;   new task: ss not present -> #SS(0050) +38 rf
;   new task: es not present -> #NP(0050) +38 rf
;   new task: EIP beyond the limit -> #GP(0000) +38 rf
;   new task: CPL 3 -> = 0000001b
;   new task: virtual-8086 -> = 00000050
;   iret with NT: back link null -> #TS(0000) +05 rf
;   iret with NT: back link to a TSS that is not busy -> #TS(0030) +0e rf
;   iret with NT: back link to data -> #TS(0010) +0e rf
;   iret with NT: back link not present -> #NP(0030) +15 rf
;   iret with NT: back link in the LDT -> #TS(0034) +0e rf
;   16-bit TSS: jmp -> = 00001111
;   16-bit TSS: fs and gs are null -> = 00000000
;   16-bit TSS: limit 42 -> #TS(0050) +0e rf
;   16-bit TSS: call and iret -> = 00008100
%include "harness32.inc"

; A test with a task ready in TSS1 that starts at %$task.
%macro TASK 1
  T %1
        call task_setup
        mov dword [tss1 + 0x20], %$task
%endmacro
%macro TASK3 1
  T3 %1
        call task_setup
        mov dword [tss1 + 0x20], %$task
%endmacro
; The new task is entered with a fault: handlers are tasks of their own, whose TSS says where the fault was.
%macro BAD 2+                           ; name, what is wrong
  T %1
        call task_setup
        mov dword [tss1 + 0x20], %$task
        call task_faults
        %2
        jmp TSS1:0
  %$task:
  E
%endmacro

tests:
        TASK "jmp: TSS"
        jmp TSS1:0
%$task:
        E
        TASK "jmp: the old TSS is no longer busy, the new one is"
        jmp TSS1:0
%$task: mov eax, [gdt + TSS0 + 4]
        and eax, 0xff00
        shl eax, 16
        mov edx, [gdt + TSS1 + 4]
        and edx, 0xff00
        or eax, edx
        EV eax
        TASK "jmp: NT stays clear, TS is set"
        jmp TSS1:0
%$task: pushfd
        pop edx
        and edx, 0x4000
        mov eax, cr0
        and eax, 8
        or eax, edx
        EV eax
        TASK "jmp: writes no back link"
        mov dword [tss1], 0x1234
        jmp TSS1:0
%$task:
        EV [tss1]
        TASK "jmp: EIP saved is that of the next instruction"
        jmp TSS1:0
%$next: nop
%$task: mov eax, [tss + 0x20]
        sub eax, %$next
        EV eax
        TASK "jmp: registers are saved"
        mov ebx, 0xb0b0b0b0
        mov edi, 0xd1d1d1d1
        jmp TSS1:0
%$task: mov eax, [tss + 0x34]
        xor eax, [tss + 0x44]
        EV eax
        TASK "jmp: segments are saved"
        mov ax, DATA3
        mov fs, ax
        jmp TSS1:0
%$task: movzx eax, word [tss + 0x4c]
        shl eax, 16
        mov ax, [tss + 0x58]
        EV eax
        TASK "call: back link, NT, both busy"
        call TSS1:0
%$task: pushfd
        pop eax
        and eax, 0x4000
        or eax, [tss1]
        mov edx, [gdt + TSS0 + 4]
        and edx, 0xff00
        shl edx, 16
        or eax, edx
        EV eax
        TASK "call and iret: back behind the call"
        call TSS1:0
        mov eax, [gdt + TSS1 + 4]
        and eax, 0xff00
        mov edx, [tss1 + 0x24]
        and edx, 0x4000
        or eax, edx
        int 0x81
%$task: iret
        jmp %$task
        E
        TASK "call, iret, call again: goes on behind the iret"
        call TSS1:0
        call TSS1:0
%$task: iret
        mov eax, 0x2222
        EV eax
        TASK "jmp: TSS that is busy"
        or byte [gdt + TSS1 + 5], 2
        jmp TSS1:0
%$task:
        E
        TASK "jmp: to itself"
        jmp TSS0:0
%$task:
        E
        TASK "jmp: RPL 3 on DPL 0"
        jmp TSS1 | 3:0
%$task:
        E
        TASK3 "jmp at CPL 3: DPL 0"
        jmp TSS1:0
%$task:
        E
        TASK3 "jmp at CPL 3: DPL 3"
        or byte [gdt + TSS1 + 5], 0x60
        jmp TSS1:0
%$task:
        E
        TASK "jmp: not present"
        and byte [gdt + TSS1 + 5], 0x7f
        jmp TSS1:0
%$task:
        E
        TASK "jmp: limit 66"
        mov byte [gdt + TSS1], 0x66
        jmp TSS1:0
%$task:
        E
        TASK "jmp: busy and not present"
        mov byte [gdt + TSS1 + 5], 0x0b
        jmp TSS1:0
%$task:
        E
        TASK "task gate"
        DESC FREE, TSS1 << 16, 0x8500
        jmp FREE:0
%$task:
        E
        TASK "task gate: not present"
        DESC FREE, TSS1 << 16, 0x0500
        jmp FREE:0
%$task:
        E
        TASK "task gate: to a busy TSS"
        DESC FREE, TSS1 << 16, 0x8500
        or byte [gdt + TSS1 + 5], 2
        jmp FREE:0
%$task:
        E
        TASK "task gate: to data"
        DESC FREE, DATA0 << 16, 0x8500
        jmp FREE:0
%$task:
        E
        TASK "task gate: to the LDT"
        DESC FREE, (TSS1 | 4) << 16, 0x8500
        jmp FREE:0
%$task:
        E
        TASK "task gate: null"
        DESC FREE, 0, 0x8500
        jmp FREE:0
%$task:
        E
        TASK "task gate: beyond the GDT"
        DESC FREE, 0x2000000, 0x8500
        jmp FREE:0
%$task:
        E
        TASK "task gate: TSS not present"
        DESC FREE, TSS1 << 16, 0x8500
        and byte [gdt + TSS1 + 5], 0x7f
        call FREE:0
%$task:
        E
        TASK "task gate: RPL 3 on DPL 0"
        DESC FREE, TSS1 << 16, 0x8500
        jmp FREE | 3:0
%$task:
        E
        TASK3 "task gate at CPL 3: gate DPL 3, TSS DPL 0"
        DESC FREE, TSS1 << 16, 0xe500
        call FREE | 3:0
%$task: mov eax, cs
        EV eax
        TASK "int through a task gate"
        mov dword [idt + 0x90 * 8], TSS1 << 16
        mov dword [idt + 0x90 * 8 + 4], 0x8500
        int 0x90
%$task: mov eax, [tss1]
        pushfd
        pop edx
        and edx, 0x4000
        or eax, edx
        EV eax
        TASK3 "int at CPL 3: task gate DPL 0"
        mov dword [idt + 0x90 * 8], TSS1 << 16
        mov dword [idt + 0x90 * 8 + 4], 0x8500
        int 0x90
%$task:
        E
        TASK "int: task gate to a busy TSS"
        mov dword [idt + 0x90 * 8], TSS1 << 16
        mov dword [idt + 0x90 * 8 + 4], 0x8500
        or byte [gdt + TSS1 + 5], 2
        int 0x90
%$task:
        E
        TASK "#UD through a task gate to a busy TSS: EXT is set"
        mov dword [idt + 6 * 8], TSS1 << 16
        mov dword [idt + 6 * 8 + 4], 0x8500
        or byte [gdt + TSS1 + 5], 2
        ud2
%$task:
        E
        TASK "#GP through a task gate pushes its error code"
        mov dword [idt + 13 * 8], TSS1 << 16
        mov dword [idt + 13 * 8 + 4], 0x8500
        mov ax, 0x150
        mov ds, ax
%$task: mov eax, esp
        shl eax, 16
        mov ax, [esp]
        EV eax
        TASK "T bit"
        mov byte [tss1 + 0x64], 1
        jmp TSS1:0
%$task: nop
        E
        TASK "task switch clears the local breakpoints"
        mov eax, 0x1ff
        mov dr7, eax
        jmp TSS1:0
%$task: mov eax, dr7
        EV eax
        TASK "EFLAGS of the new task"
        mov dword [tss1 + 0x24], 0x00240ed7
        jmp TSS1:0
%$task: pushfd
        pop eax
        cli
        cld
        and eax, ~0x100
        EV eax

        BAD "new task: LDT is data", mov word [tss1 + 0x60], DATA0
        BAD "new task: LDT in the LDT", mov word [tss1 + 0x60], LDT0 | 4
        BAD "new task: LDT beyond the GDT", mov word [tss1 + 0x60], 0x200
        BAD "new task: cs null", mov word [tss1 + 0x4c], 0
        BAD "new task: cs data", mov word [tss1 + 0x4c], DATA0
        BAD "new task: cs beyond the GDT", mov word [tss1 + 0x4c], 0x200
        BAD "new task: cs DPL 3, RPL 0", mov word [tss1 + 0x4c], CODE3 & ~3
        BAD "new task: cs DPL 0, RPL 3", mov word [tss1 + 0x4c], CODE0 | 3
        BAD "new task: ss null", mov word [tss1 + 0x50], 0
        BAD "new task: ss code", mov word [tss1 + 0x50], CODE0
        BAD "new task: ss DPL 3", mov word [tss1 + 0x50], DATA3
        BAD "new task: ss RPL 3", mov word [tss1 + 0x50], DATA0 | 3
        BAD "new task: ds system", mov word [tss1 + 0x54], TSS0
        BAD "new task: ds beyond the GDT", mov word [tss1 + 0x54], 0x200
        BAD "new task: ds null", mov word [tss1 + 0x54], 0
        BAD "new task: gs in an LDT that is not there", mov word [tss1 + 0x5c], 0x0c
        T "new task: cs not present"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        call task_faults
        DESC FREE, 0xffff, 0x00cf1a00
        mov word [tss1 + 0x4c], FREE
        jmp TSS1:0
%$task:
        E
        T "new task: ss not present"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        call task_faults
        DESC FREE, 0xffff, 0x00cf1200
        mov word [tss1 + 0x50], FREE
        jmp TSS1:0
%$task:
        E
        T "new task: es not present"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        call task_faults
        DESC FREE, 0xffff, 0x00cf1200
        mov word [tss1 + 0x48], FREE
        jmp TSS1:0
%$task:
        E
        T "new task: EIP beyond the limit"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        call task_faults
        DESC FREE, 0x00000fff, 0x00409a00
        mov word [tss1 + 0x4c], FREE
        jmp TSS1:0
%$task:
        E
        T "new task: CPL 3"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        mov word [tss1 + 0x4c], CODE3
        mov word [tss1 + 0x50], DATA3
        mov word [tss1 + 0x54], DATA3
        mov word [tss1 + 0x48], DATA3
        mov word [tss1 + 0x58], 0
        mov word [tss1 + 0x5c], 0
        mov dword [tss1 + 4], STACK0
        mov dword [tss1 + 8], DATA0
        jmp TSS1:0
%$task: mov eax, cs
        EV eax
        T "new task: virtual-8086"
        call task_setup
        mov dword [tss1 + 0x20], %$task
        mov dword [tss1 + 0x24], 0x23002
        mov dword [tss1 + 4], STACK0
        mov dword [tss1 + 8], DATA0
        mov dword [tss1 + 0x4c], 0
        mov dword [tss1 + 0x54], 0x50
        jmp TSS1:0
        bits 16
%$task: mov eax, ds
        EU eax
        T "iret with NT: back link null"
        call nested
        iret
        E
        T "iret with NT: back link to a TSS that is not busy"
        call nested
        mov word [tss], TSS1
        iret
        E
        T "iret with NT: back link to data"
        call nested
        mov word [tss], DATA0
        iret
        E
        T "iret with NT: back link not present"
        call nested
        mov word [tss], TSS1
        mov byte [gdt + TSS1 + 5], 0x0b
        iret
        E
        T "iret with NT: back link in the LDT"
        call nested
        mov word [tss], TSS1 | 4
        iret
        E
        T "16-bit TSS: jmp"
        call task_setup16
        mov word [tss1 + 0x0e], %$task
        mov eax, 0xaaaaaaaa
        mov esi, 0xbbbbbbbb
        jmp FREE:0
%$task: movzx esp, sp                   ; bits 31:16 of all registers are undefined now
        movzx eax, ax
        EV eax
        T "16-bit TSS: fs and gs are null"
        call task_setup16
        mov word [tss1 + 0x0e], %$task
        jmp FREE:0
%$task: movzx esp, sp
        mov eax, fs
        shl eax, 16
        mov ax, gs
        EV eax
        T "16-bit TSS: limit 42"
        call task_setup16
        mov word [gdt + FREE], 42
        jmp FREE:0
        E
        T "16-bit TSS: call and iret"
        call task_setup16
        mov word [tss1 + 0x0e], %$task
        call FREE:0
        mov eax, [gdt + FREE + 4]
        int 0x81
%$task: movzx esp, sp
        iret
        E
        jmp finish

nested: pushfd
        or dword [esp], 0x4000
        popfd
        mov word [tss], 0
        ret
task_setup:
        pushad
        mov edi, tss1
        mov ecx, 26
        xor eax, eax
        rep stosd
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
task_setup16:
        call task_setup
        DESC FREE, 43, 0x8100
        mov word [gdt + FREE + 2], tss1
        mov word [tss1 + 0x10], 2
        mov word [tss1 + 0x12], 0x1111
        mov word [tss1 + 0x1a], 0x5f00
        mov word [tss1 + 0x22], DATA0
        mov word [tss1 + 0x24], CODE0
        mov word [tss1 + 0x26], DATA0
        mov word [tss1 + 0x28], DATA0
        mov word [tss1 + 0x2a], 0
        ret
task_faults:                            ; #TS, #NP, #SS and #GP, a task for each
        pushad
%assign v 10
%rep 4
        mov esi, tss1
        mov edi, fault_tss + 104 * (v - 10)
        mov dword [gdt + 0xe0 + 8 * (v - 10)], 103
        mov [gdt + 0xe0 + 8 * (v - 10) + 2], di
        mov dword [gdt + 0xe0 + 8 * (v - 10) + 4], 0x8900
        mov dword [idt + v * 8], (0xe0 + 8 * (v - 10)) << 16
        mov dword [idt + v * 8 + 4], 0x8500
        mov ecx, 26
        rep movsd
        mov dword [fault_tss + 104 * (v - 10) + 0x20], task_fault_%[v]
  %assign v v + 1
%endrep
        popad
        ret
%assign v 10
%rep 4
task_fault_%[v]:
        pop eax
        push dword [tss1 + 0x24]
        push dword [tss1 + 0x4c]
        push dword [tss1 + 0x20]
        push eax
        push byte v
        jmp fault
  %assign v v + 1
%endrep
        section .bss
fault_tss: resb 4 * 104
        section .text
