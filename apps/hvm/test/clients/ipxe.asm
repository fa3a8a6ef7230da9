; iPXE: no cookie and nothing in ESI and EDI, low bandwidth even where high is offered, ECX compared for equality (with the offer's bit
; ignored), the same key asked twice: its length first, then its value.
; Source: iPXE src/arch/x86/interface/vmware/guestrpc.c, src/include/ipxe/guestrpc.h
%include "client.inc"
%macro expect_status 1
        and ecx, 0xff7fffff
        expect %1, ecx
%endmacro
main:   call_in 10, 0
        expect MAGIC, ebx
        call_in 30, RPCI
        expect_status 0x10000
        opened
        mov dword [cookie_high], 0x11111111 ; whatever is in the registers must not matter
        mov dword [cookie_low], 0x22222222
        call ask
        mov eax, [length]
        mov [first], eax
        call ask
        mov eax, [length]
        expect [first], eax
        message CLOSE, 0
        expect_status 0x10000
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        leave_with 0
ask:    message SENDSIZE, request_size
        expect_status 0x10000
        mov r13d, request
.send:  message SENDPAYLOAD, [r13]
        expect_status 0x10000
        add r13d, 4
        cmp r13d, request + request_size
        jb .send
        message RECVSIZE, 0
        expect_status 0x30000
        mov [length], ebx
        shr edx, 16
        mov [reply], edx
        mov r13d, buffer
        mov r14d, [length]
.recv:  message RECVPAYLOAD, [reply]
        expect_status 0x10000
        mov [r13], ebx
        add r13d, 4
        sub r14d, 4
        jg .recv
        message RECVSTATUS, [reply]
        expect_status 0x10000
        ret
first:  dd 0
reply:  dd 0
request: db "info-get guestinfo.ipxe.hostname"
request_size equ $ - request
        dd 0
end_of_image
