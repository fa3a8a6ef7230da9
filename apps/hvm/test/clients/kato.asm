; Ken Kato's VMwareCmd: OPEN fails unless EAX is 0, ECX 0x00010000 and EDX's lower half 0; GETMHZ and GETMEMSIZE fail on 0, the magic and -1.
; Source: K. Kato, "VMware Backdoor I/O Port"
%include "client.inc"
%macro number 1
        call_in %1, 0
        expect_other 0, eax
        expect_other MAGIC, eax
        expect_other -1, eax
%endmacro
main:   number 1
        number 20
        expect 256, eax                 ; megabytes
        number 10
        expect 6, eax
        call_in 30, RPCI | COOKIE
        expect 0, eax
        expect 0x10000, ecx
        movzx eax, dx
        expect 0, eax
        opened
        message SENDSIZE, request_size
        expect_bit 16, ecx
        mov r13d, request
.send:  message SENDPAYLOAD, [r13]
        expect_bit 16, ecx
        add r13d, 4
        cmp r13d, request + request_size
        jb .send
        message RECVSIZE, 0
        expect_bit 17, ecx
        mov [length], ebx
        xor r13d, r13d
.recv:  message RECVPAYLOAD, 1
        mov [buffer + r13d], ebx
        add r13d, 4
        cmp r13d, [length]
        jb .recv
        message RECVSTATUS, 1
        message CLOSE, 0
        expect 0x10000, ecx
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        leave_with 0
request: db "machine.id.get"
request_size equ $ - request
        dw 0
end_of_image
