; OpenBSD's and NetBSD's vmt: GETMHZ must not answer the magic; OPEN with ECX's upper half 1 and EDX's lower half 0; high bandwidth with EBX
; exactly 0x00010000; TCLO messages compared as whole strings; an unsolicited "OK ATR toolbox"; CLOSE with ECX's lower half 0.
; Source: OpenBSD sys/dev/pv/vmt.c; NetBSD sys/arch/x86/x86/vmt.c
%include "client.inc"
%macro open_checked 1
        call_in 30, %1 | COOKIE
        mov eax, ecx
        shr eax, 16
        expect 1, eax
        movzx eax, dx
        expect 0, eax
        opened
%endmacro
; send_text LABEL: vm_rpc_send_str
%macro send_text 1
        mov r13d, %1
        mov r14d, %1_size
        call send
%endmacro
main:   call_in 1, 0
        expect_other MAGIC, eax
        call_in 10, 0
        expect_other -1, eax
        expect_other -1, ebx
        open_checked TCLO
        send_text alive                 ; nobody asked yet
        call poll
        mov eax, [length]
        expect reset_size, eax
        mov esi, reset
        mov edi, buffer
        mov ecx, reset_size
        repe cmpsb
        setne al
        movzx eax, al
        expect 0, eax
        send_text alive
        mov eax, [channel]
        mov [tclo], eax
        mov rax, [cookie_high]
        mov [tclo_cookie], rax
        open_checked RPCI               ; meanwhile a report on a channel of its own
        send_text version
        call poll
        mov eax, [length]
        expect 2, eax
        movzx eax, word [buffer]
        expect 0x2031, eax              ; "1 "
        message CLOSE, 0
        movzx eax, cx
        expect 0, eax
        mov eax, [tclo]
        mov [channel], eax
        mov rax, [tclo_cookie]
        mov [cookie_high], rax
        call poll
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        message SENDSIZE, 0             ; on shutdown: an empty message, then CLOSE
        message CLOSE, 0
        movzx eax, cx
        expect 0, eax
        leave_with 0
send:   message SENDSIZE, r14d
        mov eax, ecx
        shr eax, 16
        and eax, 1
        expect 1, eax
        high_out r13d, r14d
        expect 0x10000, ebx
        ret
; Length and bytes of what waits, into [length] and buffer.
poll:   message RECVSIZE, 0
        mov eax, ecx
        shr eax, 16
        and eax, 3
        expect 3, eax
        mov [length], ebx
        high_in buffer, [length]
        expect 0x10000, ebx
        message RECVSTATUS, 1
        expect_bit 16, ecx
        ret
tclo:   dd 0
tclo_cookie: dq 0
alive:  db "OK ATR toolbox"
alive_size equ $ - alive
reset:  db "reset"
reset_size equ $ - reset
version: db "tools.set.version 2147483647 "
version_size equ $ - version
end_of_image
