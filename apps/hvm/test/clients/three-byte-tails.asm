; vmware/vmw-guestinfo's message test: low bandwidth, requests whose last piece has 1, 2, 3 and 4 bytes, padded with zeros; each is
; answered, and the answer's last piece is cut.
; Source: vmware/vmw-guestinfo message/message.go, message/message_test.go
%include "client.inc"
main:   call_in 30, RPCI | COOKIE
        expect_bit 16, ecx
        opened
        mov r15d, 4
.each:  mov r14d, request_size          ; "info-get guestinfo.k", "…kk", "…kkk", "…kkkk"
        sub r14d, r15d
        inc r14d
        message SENDSIZE, r14d
        expect_bit 16, ecx
        xor r13d, r13d
.send:  mov ebx, [request + r13d]
        mov ecx, r14d
        sub ecx, r13d
        cmp ecx, 4
        jae .whole
        shl ecx, 3                      ; only what is left of the text
        mov eax, 1
        shl eax, cl
        dec eax
        and ebx, eax
.whole: message SENDPAYLOAD, ebx
        expect_bit 16, ecx
        add r13d, 4
        cmp r13d, r14d
        jb .send
        message RECVSIZE, 0
        expect_bit 17, ecx
        mov [length], ebx
        xor r13d, r13d
.recv:  message RECVPAYLOAD, 1
        expect_bit 16, ecx
        mov [buffer + r13d], ebx
        add r13d, 4
        cmp r13d, [length]
        jb .recv
        message RECVSTATUS, 1
        expect_bit 16, ecx
        mov eax, [length]
        mov byte [buffer + eax], 10
        inc eax
        print buffer, eax
        dec r15d
        jnz .each
        message CLOSE, 0
        expect_bit 16, ecx
        leave_with 0
request: db "info-get guestinfo.kkkk"
request_size equ $ - request
        dd 0x78787878                   ; must not be taken for a key's end
end_of_image
