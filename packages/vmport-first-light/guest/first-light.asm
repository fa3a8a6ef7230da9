; First light: the guest that `npm start` boots.
;
; boot sector -> protected mode -> long mode; then the same table of port accesses twice:
;
;   ring 0                               every access is permitted; the port answers
;   ring 3, IOPL 0, closed I/O bitmap    every access raises #GP(0); the backdoor's come back answered,
;                                        the neighbouring port's reaches our handler below
;
; and at last an RPCI conversation (info-get guestinfo.greeting) from ring 3, low bandwidth.
; In a domain without vmware_port, ring 0 reads all ones and ring 3 gets its #GP each time.
;
; Everything is said on COM1 (0x3f8). It ends with CLI, HLT. Assemble: nasm -f bin first-light.asm

COM1            equ 0x3f8
MAGIC           equ 0x564d5868
PORT            equ 0x5658
SECTORS         equ 12
STACK0          equ 0x90000
STACK3          equ 0x80000
PML4            equ 0x10000
IDT             equ 0x20000
TSS             equ 0x21000
LINE            equ 0x22000             ; the line being made
REPLY           equ 0x23000             ; the RPCI reply

CODE32          equ 0x08
DATA            equ 0x10
CODE64          equ 0x18
USERDATA        equ 0x20 | 3
USERCODE        equ 0x28 | 3
TSSSEL          equ 0x30

        org 0x7c00
        bits 16
start:
        cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
        cmp dword [mark], 'HVM!'        ; a loader may have read the whole image already
        je .loaded
        mov ax, 0x0200 | (SECTORS - 1)  ; else ask the BIOS for the rest
        mov cx, 2
        mov dh, 0
        mov bx, 0x7e00
        int 0x13
.loaded:
        mov dx, COM1 + 3                ; 8 bits, no parity: a UART wakes up with 5
        mov al, 3
        out dx, al
        mov si, text_real
        call puts16
        in al, 0x92                     ; A20 on, and do not touch the reset bit
        or al, 2
        and al, 0xfe
        out 0x92, al
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp CODE32:protected

puts16:
        lodsb
        test al, al
        jz .done
        mov bl, al
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov dx, COM1
        mov al, bl
        out dx, al
        jmp puts16
.done:  ret

text_real       db "first light", 13, 10, "  real mode       boot sector at 0000:7c00", 13, 10, 0

        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff           ; 08 code, 32 bits
        dq 0x00cf93000000ffff           ; 10 data
        dq 0x00af9b000000ffff           ; 18 code, 64 bits
        dq 0x00cff3000000ffff           ; 20 user data
        dq 0x00affb000000ffff           ; 28 user code, 64 bits
        dq 0x0000890000000067 | ((TSS & 0xffffff) << 16)
        dq 0
gdtr:   dw gdtr - gdt - 1
        dq gdt

        times 510 - ($ - $$) db 0
        dw 0xaa55

        bits 32
protected:
        mov ax, DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, STACK0
        mov esi, text_protected
.next:  lodsb
        test al, al
        jz .tables
        mov bl, al
        mov edx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov edx, COM1
        mov al, bl
        out dx, al
        jmp .next

.tables:                                ; one 2 MiB page, one to one, open to ring 3
        mov edi, PML4
        mov ecx, 3 * 1024
        xor eax, eax
        rep stosd
        mov dword [PML4], PML4 + 0x1000 + 7
        mov dword [PML4 + 0x1000], PML4 + 0x2000 + 7
        mov dword [PML4 + 0x2000], 0x87
        mov eax, PML4
        mov cr3, eax
        mov eax, cr4
        or eax, 0x220                   ; PAE, OSFXSR
        mov cr4, eax
        mov ecx, 0xc0000080             ; EFER.LME
        rdmsr
        or eax, 0x100
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        jmp CODE64:long_mode

text_protected  db "  protected mode  flat 32-bit segments", 13, 10, 0

        bits 64
        default rel
long_mode:
        mov ax, DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov rsp, STACK0
        ; IDT: every exception, and vector 0x80 for ring 3
        mov edi, IDT
        mov ecx, 0x81 * 16 / 8
        xor eax, eax
        rep stosq
        mov ecx, 32
        mov ebx, IDT
        mov eax, unexpected
.fill:  call gate
        add ebx, 16
        dec ecx
        jnz .fill
        mov ebx, IDT + 13 * 16
        mov eax, general_protection
        call gate
        mov ebx, IDT + 0x80 * 16
        mov eax, service
        call gate
        mov byte [abs IDT + 0x80 * 16 + 5], 0xee
        lidt [idtr]
        ; TSS: a stack for ring 0, and an I/O bitmap that lies beyond the limit: every port is closed
        mov edi, TSS
        mov ecx, 0x68 / 8
        xor eax, eax
        rep stosq
        mov qword [abs TSS + 4], STACK0
        mov word [abs TSS + 0x66], 0x68
        mov ax, TSSSEL
        ltr ax

        lea rsi, [text_long]
        int 0x80
        lea rsi, [text_ring0]
        int 0x80
        call accesses

        ; to ring 3: IOPL 0, interrupts off
        push USERDATA
        push STACK3
        push 2
        push USERCODE
        lea rax, [ring3]
        push rax
        iretq

ring3:
        lea rsi, [text_ring3]
        int 0x80
        call accesses
        lea rsi, [text_rpc]
        int 0x80
        call rpc
        mov eax, 1                      ; service 1: the end
        int 0x80

; ebx = gate, eax = handler: an interrupt gate to 64-bit code
gate:
        mov [rbx], ax
        mov word [rbx + 2], CODE64
        mov word [rbx + 4], 0x8e00
        mov edx, eax
        shr edx, 16
        mov [rbx + 6], dx
        mov dword [rbx + 8], 0
        ret

; int 0x80: eax = 0 prints the text at rsi (other rax values that are not 1 too), eax = 1 ends
service:
        cmp eax, 1
        je .end
        push rax
        push rdx
        push rbx
.next:  lodsb
        test al, al
        jz .done
        mov bl, al
        mov edx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jz .wait
        mov edx, COM1
        mov al, bl
        out dx, al
        jmp .next
.done:  pop rbx
        pop rdx
        pop rax
        iretq
.end:   lea rsi, [text_end]
        xor eax, eax
        int 0x80
        cli
        hlt
        jmp .end

; #GP: r15 names where to go on; r14 tells that it happened and r13 its error code
general_protection:
        pop r13
        mov r14d, 1
        mov [rsp], r15
        iretq

unexpected:
        lea rsi, [text_unexpected]
        xor eax, eax
        int 0x80
        cli
        hlt

; ---- the table of accesses, run at whatever ring we are

struc row
.name:  resq 1
.ecx:   resd 1
.ebx:   resd 1
.port:  resw 1
.kind:  resb 1                          ; 0 in al, 1 in ax, 2 in eax, 3 out al, 4 out ax, 5 out eax
.pad:   resb 5
endstruc

accesses:
        lea rbp, [rows]
.next:  cmp rbp, rows_end
        jae .done
        call access
        add rbp, row_size
        jmp .next
.done:  ret

access:
        mov ecx, [rbp + row.ecx]
        mov ebx, [rbp + row.ebx]
        movzx edx, word [rbp + row.port]
        mov eax, MAGIC
        xor esi, esi
        xor edi, edi
        xor r14d, r14d
        xor r13d, r13d
        lea r15, [.back]
        movzx r12d, byte [rbp + row.kind]
        lea r11, [kinds]
        jmp [r11 + r12 * 8]
in_al:  in al, dx
        jmp access.back
in_ax:  in ax, dx
        jmp access.back
in_eax: in eax, dx
        jmp access.back
out_al: out dx, al
        jmp access.back
out_ax: out dx, ax
        jmp access.back
out_eax:out dx, eax
access.back:
        push rdi
        push rsi
        push rdx
        push rcx
        push rbx
        push rax
        mov edi, LINE
        mov eax, '    '
        stosd
        lea r11, [kind_names]
        mov rsi, [r11 + r12 * 8]
        call copy
        mov rsi, [rbp + row.name]
        call copy
        test r14d, r14d
        jnz .fault
        lea r11, [register_names]
        mov r12d, 6
.register:
        mov rsi, r11
        call copy
        add r11, 6
        pop rax
        call hex8
        dec r12d
        jnz .register
        jmp .print
.fault: add rsp, 48
        lea rsi, [text_gp]
        call copy
        mov eax, r13d
        call hex8
.print: mov eax, 0x0a0d
        stosd
        mov esi, LINE
        xor eax, eax
        int 0x80
        ret

; copies the text at rsi to rdi, without its end
copy:   lodsb
        test al, al
        jz .done
        stosb
        jmp copy
.done:  ret

; eax as eight digits to rdi
hex8:   mov ecx, 8
.next:  rol eax, 4
        mov edx, eax
        and edx, 15
        cmp edx, 10
        jb .digit
        add edx, 'a' - '0' - 10
.digit: add edx, '0'
        mov [rdi], dl
        inc rdi
        dec ecx
        jnz .next
        ret

; ---- RPCI, low bandwidth: open, send, receive, close

; eax = subcommand, ebx = argument; r8d = channel << 16, r9d and r10d the cookie. Back: ebx, ecx, edx; r14d after #GP
message:
        mov ecx, eax
        shl ecx, 16
        or ecx, 30
        mov edx, r8d
        or edx, PORT
        mov esi, r9d
        mov edi, r10d
        mov eax, MAGIC
        lea r15, [.back]
        in eax, dx
.back:  ret

rpc:
        xor r14d, r14d
        xor r8d, r8d
        xor r9d, r9d
        xor r10d, r10d
        mov eax, 0                      ; OPEN "RPCI" with a cookie
        mov ebx, 0x49435052 | 0x80000000
        call message
        test r14d, r14d
        jnz .fault
        test ecx, 0x10000
        jz .refused
        mov r8d, edx
        and r8d, 0xffff0000
        mov r9d, esi
        mov r10d, edi
        mov eax, 1                      ; SENDSIZE
        mov ebx, request_end - request
        call message
        lea rbp, [request]
.send:  mov eax, 2                      ; SENDPAYLOAD, four bytes a call
        mov ebx, [rbp]
        call message
        add rbp, 4
        cmp rbp, request_end
        jb .send
        mov eax, 3                      ; RECVSIZE
        xor ebx, ebx
        call message
        mov r12d, ebx
        mov ebp, REPLY
.receive:
        mov eax, 4                      ; RECVPAYLOAD
        mov ebx, 1
        call message
        mov [rbp], ebx
        add ebp, 4
        sub r12d, 4
        jg .receive
        add ebp, r12d
        mov byte [rbp], 0
        mov eax, 5                      ; RECVSTATUS
        mov ebx, 1
        call message
        mov eax, 6                      ; CLOSE
        call message
        mov edi, LINE
        lea rsi, [text_reply]
        call copy
        mov esi, REPLY
        call copy
        mov byte [rdi], "'"
        inc rdi
        mov eax, 0x0a0d
        stosd
        mov esi, LINE
        xor eax, eax
        int 0x80
        ret
.refused:
        lea rsi, [text_refused]
        xor eax, eax
        int 0x80
        ret
.fault: lea rsi, [text_rpc_gp]
        xor eax, eax
        int 0x80
        ret

idtr:   dw 0x81 * 16 - 1
        dq IDT

        align 8
kinds:  dq in_al, in_ax, in_eax, out_al, out_ax, out_eax
kind_names:
        dq kind_in_al, kind_in_ax, kind_in_eax, kind_out_al, kind_out_ax, kind_out_eax
kind_in_al db "in  al   ", 0
kind_in_ax db "in  ax   ", 0
kind_in_eax db "in  eax  ", 0
kind_out_al db "out al   ", 0
kind_out_ax db "out ax   ", 0
kind_out_eax db "out eax  ", 0
register_names:
        db " eax=", 0, " ebx=", 0, " ecx=", 0, " edx=", 0, " esi=", 0, " edi=", 0

%macro access_row 5                     ; name, command, ebx, port, kind
        dq %1
        dd %2, %3
        dw %4
        db %5
        times 5 db 0
%endmacro

        align 8
rows:
        access_row name_version,    10, 0,  PORT,     2
        access_row name_mhz,         1, 0,  PORT,     2
        access_row name_hz,         45, -1, PORT,     2
        access_row name_hw,         17, 0,  PORT,     2
        access_row name_get_gui,    13, 0,  PORT,     2
        access_row name_set_gui,    14, 0xe03, PORT,  2
        access_row name_screen,     15, 0,  PORT,     2
        access_row name_time,       23, 0,  PORT,     2
        access_row name_time_full,  46, 0,  PORT,     2
        access_row name_version,    10, 0,  PORT,     0
        access_row name_version,    10, 0,  PORT,     1
        access_row name_version,    10, 0,  PORT,     3
        access_row name_version,    10, 0,  PORT,     4
        access_row name_version,    10, 0,  PORT,     5
        access_row name_unknown,  0x77, 0xdeadbeef, PORT, 2
        access_row name_neighbour,  10, 0,  PORT + 2, 2
rows_end:

name_version    db "GETVERSION     ", 0
name_mhz        db "GETMHZ         ", 0
name_hz         db "GETHZ          ", 0
name_hw         db "GETHWVERSION   ", 0
name_get_gui    db "GETGUIOPTIONS  ", 0
name_set_gui    db "SETGUIOPTIONS  ", 0
name_screen     db "GETSCREENSIZE  ", 0
name_time       db "GETTIME        ", 0
name_time_full  db "GETTIMEFULL    ", 0
name_unknown    db "unknown 0x77   ", 0
name_neighbour  db "port 0x565a    ", 0

        align 4
request         db "info-get guestinfo.greeting"
request_end:
        db 0, 0, 0, 0

text_long       db "  long mode       4-level paging, ring 0", 13, 10, 0
text_ring0      db 13, 10, "  ring 0", 13, 10, 0
text_ring3      db 13, 10, "  ring 3, IOPL 0, I/O bitmap closed", 13, 10, 0
text_rpc        db 13, 10, "  ring 3, RPCI", 13, 10, 0
text_reply      db "    info-get guestinfo.greeting -> '", 0
text_refused    db "    info-get guestinfo.greeting: no channel", 13, 10, 0
text_rpc_gp     db "    info-get guestinfo.greeting: #GP", 13, 10, 0
text_gp         db " #GP, error code ", 0
text_unexpected db "unexpected exception", 13, 10, 0
text_end        db 13, 10, "done", 13, 10, 0

        align 4
mark            db "HVM!"
        times SECTORS * 512 - ($ - $$) db 0
