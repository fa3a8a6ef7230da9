; Debug registers, single-step, shadows (SDM vol. 3 chapter 19; §7.8, table 7-2).
;
;   execution -> #DB +11 dr6=ffff0ff1
;   execution: not enabled -> ok
;   execution: local enable -> #DB +10 dr6=ffff0ff1
;   execution: the middle of an instruction -> ok
;   execution: matched but with DR1 disabled too -> #DB +18 dr6=ffff0ff1
;   execution: RF from IRET skips it -> ok
;   execution: RF lasts one instruction -> #DB +1e dr6=ffff0ff1
;   execution: popf does not set RF -> #DB +16 dr6=ffff0ff1
;   execution: before the fault of its own instruction -> #DB +10 dr6=ffff0ff1
;   execution: after mov ss it does not come -> ok
;   execution: on rep stosb it comes before the first iteration only -> = 00000001
;   execution: on rep stosb, ecx then -> = 00000003
;   write: byte -> #DB +17 dr6=ffff0ff1
;   write: reading does not match -> ok
;   write: dword that covers the byte -> #DB +15 dr6=ffff0ff1
;   write: dword below it -> ok
;   write: four bytes, byte at the last -> #DB +15 dr6=ffff0ff1
;   write: four bytes, address is aligned down -> #DB +15 dr6=ffff0ff1
;   write: two bytes, one beyond -> ok
;   read or write: read -> #DB +15 dr6=ffff0ff1
;   read or write: write -> #DB +15 dr6=ffff0ff1
;   read or write: an unaligned dword that ends in it -> #DB +15 dr6=ffff0ff1
;   write: push -> #DB +16 dr6=ffff0ff1
;   write: xchg -> #DB +16 dr6=ffff0ff1
;   write: rep movsb stops after the element -> #DB +1f dr6=ffff0ff1 rf
;   write: rep movsb, ecx left -> = 00000005
;   read: rep lodsb, ecx left -> = 00000005
;   write: in the instruction before a fault -> #DB +17 dr6=ffff0ff1
;   write: delayed by mov ss -> #DB +19 dr6=ffff0ff1
;   two match, both bits -> #DB +18 dr6=ffff0ff3
;   I/O without CR4.DE: execution of an undefined kind -> ok
;   I/O: in -> #DB +12 dr6=ffff0ff1
;   I/O: out -> #DB +12 dr6=ffff0ff1
;   I/O: another port -> ok
;   I/O: two bytes, the second -> #DB +12 dr6=ffff0ff1
;   I/O: a word that covers the port -> #DB +13 dr6=ffff0ff1
;   I/O: four bytes -> #DB +12 dr6=ffff0ff1
;   I/O: port in DX -> #DB +15 dr6=ffff0ff1
;   I/O: memory at the port's number does not match -> ok
;   I/O: rep outsb stops after the first -> = 00000003
;   DE: mov eax, dr4 -> #UD +00 rf
;   DE: mov dr5, eax -> #UD +00 rf
;   no DE: dr4 is dr6 -> = ffff0ff0
;   no DE: dr5 is dr7 -> = 00000400
;   dr6 reads its fixed bits -> = ffff0ff0
;   dr7 reads its fixed bits -> = ffff0400
;   GD: mov from dr0 -> #DB +08 dr6=ffff2ff0 rf
;   GD: mov to dr7 -> #DB +08 dr6=ffff2ff0 rf
;   GD is clear in the handler -> = 00000400
;   TF -> #DB +07 dr6=ffff4ff0
;   TF: the flags pushed have it -> = 00000102
;   TF: set by iret -> #DB +0e dr6=ffff4ff0
;   TF: one iteration of rep -> = 00000003
;   TF: an iteration of rep saves RF -> = 00010100
;   TF: the last iteration of rep does not -> = 00000100
;   TF: each iteration of rep traps -> = 00000004
;   TF: mov ss holds the trap back -> #DB +0d dr6=ffff4ff0
;   TF: int n clears it, no trap -> ok
;   TF: popf that clears it traps once more -> #DB +09 dr6=ffff4ff0
;   TF: a fault comes without a trap -> #UD +06 rf
;   TF: single step and a data breakpoint at once -> #DB +1b dr6=ffff4ff1
;   TF: far jump -> #DB +0d dr6=ffff4ff0
;   icebp -> #DB +01 dr6=ffff0ff0
;   icebp leaves dr6 -> #DB +06 dr6=ffff0ff0
;   int3 -> #BP +01
;   sti: no interrupt before the second instruction -> $20 +07
;   sti after sti: only the first has a shadow -> $20 +07
;   sti, cli: none comes -> $20 +d4
;   mov ss: an interrupt waits for one instruction -> $20 +11
;   pop ss, then sti -> $20 +09
;   popf opens at once -> $20 +0b
;   iret opens at once -> $20 +12
;   sti, hlt wakes behind hlt -> $20 +07
%include "harness32.inc"

; T with a breakpoint: name, address for DR0, DR7.
%macro BP 3
  T %1
        mov eax, %2
        mov dr0, eax
        mov eax, %3
        mov dr7, eax
%endmacro
EXEC            equ 0x00000402
WRITE1          equ 0x00010402
WRITE2          equ 0x00050402
WRITE4          equ 0x000d0402
BOTH1           equ 0x00030402
BOTH4           equ 0x000f0402
PORT1           equ 0x00020402
PORT2           equ 0x00060402
PORT4           equ 0x000e0402

tests:
        BP "execution", .x1, EXEC
        nop
.x1:   nop
        E
        BP "execution: not enabled", .x2, 0x400
.x2:   nop
        E
        BP "execution: local enable", .x3, 0x401
.x3:   nop
        E
        BP "execution: the middle of an instruction", .x4 + 1, EXEC
.x4:   mov eax, 1
        E
        BP "execution: matched but with DR1 disabled too", .x5, EXEC
        mov eax, .x5
        mov dr1, eax
.x5:   nop
        E
        BP "execution: RF from IRET skips it", .x6, EXEC
        push dword 0x10002
        push dword CODE0
        push dword .x6
        iret
.x6:   nop
        E
        BP "execution: RF lasts one instruction", .y7, EXEC
        push dword 0x10002
        push dword CODE0
        push dword .x7
        iret
.x7:   nop
.y7: nop
        E
        BP "execution: popf does not set RF", .x8, EXEC
        push dword 0x10002
        popfd
.x8:   nop
        E
        BP "execution: before the fault of its own instruction", .x9, EXEC
.x9:   ud2
        E
        BP "execution: after mov ss it does not come", .x10, EXEC
        mov ax, DATA0
        mov ss, ax
.x10:   nop
        E
        mov dword [seen], 0
        BP "execution: on rep stosb it comes before the first iteration only", .x11, EXEC
        GATE 1, CODE0, again, 0x8e00
        mov edi, scratch
        mov ecx, 3
.x11:   rep stosb
        mov eax, [seen]
        EV eax
        BP "execution: on rep stosb, ecx then", .x12, EXEC
        GATE 1, CODE0, %$db, 0x8e00
        mov edi, scratch
        mov ecx, 3
.x12:   rep stosb
%$db:   EV ecx
        BP "write: byte", scratch, WRITE1
        mov byte [scratch], 1
        nop
        E
        BP "write: reading does not match", scratch, WRITE1
        mov al, [scratch]
        E
        BP "write: dword that covers the byte", scratch + 2, WRITE1
        mov [scratch], eax
        E
        BP "write: dword below it", scratch + 4, WRITE1
        mov [scratch], eax
        E
        BP "write: four bytes, byte at the last", scratch, WRITE4
        mov [scratch + 3], al
        E
        BP "write: four bytes, address is aligned down", scratch + 1, WRITE4
        mov [scratch], al
        E
        BP "write: two bytes, one beyond", scratch, WRITE2
        mov [scratch + 2], al
        E
        BP "read or write: read", scratch, BOTH1
        mov al, [scratch]
        nop
        E
        BP "read or write: write", scratch, BOTH4
        mov [scratch + 2], al
        E
        BP "read or write: an unaligned dword that ends in it", scratch + 4, BOTH1
        mov eax, [scratch + 1]
        E
        BP "write: push", 0x5c04, WRITE4
        mov esp, 0x5c08
        push eax
        mov esp, STACK0
        E
        BP "write: xchg", scratch, WRITE4
        xchg eax, [scratch]
        E
        BP "write: rep movsb stops after the element", scratch + 2, WRITE1
        mov esi, scratch + 16
        mov edi, scratch
        mov ecx, 8
        rep movsb
        E
        BP "write: rep movsb, ecx left", scratch + 2, WRITE1
        GATE 1, CODE0, %$db, 0x8e00
        mov esi, scratch + 16
        mov edi, scratch
        mov ecx, 8
        rep movsb
%$db:   EV ecx
        BP "read: rep lodsb, ecx left", scratch + 2, BOTH1
        GATE 1, CODE0, %$db, 0x8e00
        mov esi, scratch
        mov ecx, 8
        rep lodsb
%$db:   EV ecx
        BP "write: in the instruction before a fault", scratch, WRITE1
        mov byte [scratch], 1
        ud2
        E
        BP "write: delayed by mov ss", scratch, BOTH4
        mov word [scratch], DATA0
        xor eax, eax
        mov dr7, eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        mov eax, BOTH4
        mov dr7, eax
        mov ss, [scratch]
        nop
        nop
        E
        T "two match, both bits"
        mov eax, scratch
        mov dr0, eax
        mov dr1, eax
        mov eax, 0x00ff040a
        mov dr7, eax
        mov eax, [scratch]
        E
        BP "I/O without CR4.DE: execution of an undefined kind", 0x80, PORT1
        in al, 0x80
        E
        mov dword [base_cr4], 8
        BP "I/O: in", 0x80, PORT1
        in al, 0x80
        nop
        E
        BP "I/O: out", 0x80, PORT1
        out 0x80, al
        E
        BP "I/O: another port", 0x80, PORT1
        in al, 0x84
        E
        BP "I/O: two bytes, the second", 0x80, PORT2
        in al, 0x81
        E
        BP "I/O: a word that covers the port", 0x81, PORT1
        in ax, 0x80
        E
        BP "I/O: four bytes", 0x80, PORT4
        in al, 0x83
        E
        BP "I/O: port in DX", 0x80, PORT1
        mov dx, 0x80
        in eax, dx
        E
        BP "I/O: memory at the port's number does not match", 0x500, PORT1
        mov al, [0x500]
        E
        BP "I/O: rep outsb stops after the first", 0x80, PORT1
        GATE 1, CODE0, %$db, 0x8e00
        mov dx, 0x80
        mov esi, scratch
        mov ecx, 4
        rep outsb
%$db:   EV ecx
        T "DE: mov eax, dr4"
        mov eax, dr4
        E
        T "DE: mov dr5, eax"
        mov dr5, eax
        E
        mov dword [base_cr4], 0
        T "no DE: dr4 is dr6"
        mov eax, dr4
        EV eax
        T "no DE: dr5 is dr7"
        mov eax, dr5
        EV eax
        T "dr6 reads its fixed bits"
        xor eax, eax
        mov dr6, eax
        mov eax, dr6
        EV eax
        T "dr7 reads its fixed bits"
        mov eax, 0xffffd400
        mov dr7, eax
        mov eax, dr7
        xor ecx, ecx
        mov dr7, ecx
        EV eax
        T "GD: mov from dr0"
        mov eax, 0x2400
        mov dr7, eax
        mov eax, dr0
        E
        T "GD: mov to dr7"
        mov eax, 0x2400
        mov dr7, eax
        mov dr7, eax
        E
        T "GD is clear in the handler"
        GATE 1, CODE0, %$db, 0x8e00
        mov eax, 0x2400
        mov dr7, eax
        mov dr7, eax
%$db:   mov eax, dr7
        EV eax
        T "TF"
        push dword 0x102
        popfd
        nop
        nop
        E
        T "TF: the flags pushed have it"
        GATE 1, CODE0, %$db, 0x8e00
        push dword 0x102
        popfd
        nop
%$db:   EV [esp + 8]
        T "TF: set by iret"
        push dword 0x102
        push dword CODE0
        push dword %$in
        iret
%$in:   nop
        nop
        E
        T "TF: one iteration of rep"
        GATE 1, CODE0, %$db, 0x8e00
        mov esi, scratch
        mov edi, scratch
        mov ecx, 4
        push dword 0x102
        popfd
        rep movsb
%$db:   EV ecx
        T "TF: an iteration of rep saves RF"
        GATE 1, CODE0, %$db, 0x8e00
        mov esi, scratch
        mov edi, scratch
        mov ecx, 4
        push dword 0x102
        popfd
        rep movsb
%$db:   mov eax, [esp + 8]
        and eax, 0x10100
        EV eax
        T "TF: the last iteration of rep does not"
        GATE 1, CODE0, %$db, 0x8e00
        mov esi, scratch
        mov edi, scratch
        mov ecx, 1
        push dword 0x102
        popfd
        rep movsb
%$db:   mov eax, [esp + 8]
        and eax, 0x10100
        EV eax
        mov dword [seen], 0
        T "TF: each iteration of rep traps"
        GATE 1, CODE0, count, 0x8e00
        mov esi, scratch
        mov edi, scratch
        mov ecx, 4
        push dword 0x102
        push dword CODE0
        push dword %$in
        iret
%$in:   rep movsb
        mov eax, [seen]
        EV eax
        T "TF: mov ss holds the trap back"
        mov cx, DATA0
        push dword 0x102
        popfd
        mov ss, cx
        nop
        nop
        E
        T "TF: int n clears it, no trap"
        GATE 0x90, CODE0, %$in, 0x8f00
        push dword 0x102
        popfd
        int 0x90
%$in:   nop
        E
        T "TF: popf that clears it traps once more"
        push dword 2
        push dword 0x102
        popfd
        popfd
        nop
        E
        T "TF: a fault comes without a trap"
        push dword 0x102
        popfd
        ud2
        E
        T "TF: single step and a data breakpoint at once"
        mov eax, scratch
        mov dr0, eax
        mov eax, WRITE1
        mov dr7, eax
        push dword 0x102
        popfd
        mov [scratch], al
        E
        T "TF: far jump"
        push dword 0x102
        popfd
        jmp CODE0:%$in
%$in:   nop
        E
        T "icebp"
        db 0xf1
        E
        T "icebp leaves dr6"
        xor eax, eax
        mov dr6, eax
        db 0xf1
        E
        T "int3"
        int3
        E
        T "sti: no interrupt before the second instruction"
        call timer
        sti
        nop
        nop
        E
        T "sti after sti: only the first has a shadow"
        call timer
        sti
        sti
        nop
        E
        T "sti, cli: none comes"
        call timer
        sti
        cli
        nop
        call acknowledge
        E
        T "mov ss: an interrupt waits for one instruction"
        call timer
        push dword 0x202
        mov ax, DATA0
        mov ss, ax
        popfd
        nop
        nop
        E
        T "pop ss, then sti"
        call timer
        push ss
        sti
        pop ss
        nop
        nop
        E
        T "popf opens at once"
        call timer
        push dword 0x202
        popfd
        nop
        E
        T "iret opens at once"
        call timer
        push dword 0x202
        push dword CODE0
        push dword %$in
        iret
%$in:   nop
        E
        T "sti, hlt wakes behind hlt"
        call timer
        sti
        hlt
        nop
        E
        jmp finish

; Asks the PIT for interrupt 0 and waits until the PIC has it; vector 0x20.
timer:  push eax
        mov al, 0x11
        out 0x20, al
        mov al, 0x20
        out 0x21, al
        mov al, 4
        out 0x21, al
        mov al, 3                       ; automatic end of interrupt
        out 0x21, al
        mov al, 0xfe
        out 0x21, al
        mov al, 0x30                    ; channel 0, mode 0
        out 0x43, al
        mov al, 0x40
        out 0x40, al
        xor al, al
        out 0x40, al
.wait:  mov al, 0x0a
        out 0x20, al
        in al, 0x20
        test al, 1
        jz .wait
        mov al, 0xff
        pop eax
        ret
; Takes the request that no test took.
acknowledge:
        sti
        nop
        nop
        ret

; #DB: counted; RF for the instruction breakpoint to let pass.
again:  inc dword [seen]
        or dword [esp + 8], 0x10000
        iret
; #DB: counted, and the last one ends single-stepping.
count:  inc dword [seen]
        test ecx, ecx
        jnz .on
        and dword [esp + 8], ~0x100
.on:    iret

        section .data
        align 16
scratch: times 64 db 0
seen:   dd 0
        section .text
