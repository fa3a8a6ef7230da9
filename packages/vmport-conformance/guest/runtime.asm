; The conformance guest: boots from a BIOS (floppy or disk, sector by sector) or a multiboot 1 loader, enters flat 32-bit
; protected mode, and runs the table of cases that `buildConformanceImage` puts behind it. Results go to COM1 and port 0xe9.
;
; Ring 3 runs with IOPL 0 and a TSS whose I/O bitmap forbids every port; CR4.PCE is 0. So each access of a ring-3 case is a #GP(0)
; unless the host lets it through.
;
; Assembled by scripts/gen-runtime.mjs. The table's format is that of src/image/encode-table.ts.

LOAD            equ 0x7c00
COM1            equ 0x3f8
VARIABLES       equ 0x80000             ; 160 double words
WRITABLE        equ 0x81000
DATA            equ 0x82000             ; bytes of string instructions; src/run-suite.ts gives the same address
TSS             equ 0x84000
IDT             equ 0x87000
USER_STACK      equ 0x8f000
KERNEL_STACK    equ 0x90000
KERNEL_CODE     equ 0x08
KERNEL_DATA     equ 0x10
USER_CODE       equ 0x18 | 3
USER_DATA       equ 0x20 | 3
TASK            equ 0x28
NO_FAULT        equ 0xff
NO_VARIABLE     equ 0xff

        org LOAD
        bits 16
boot:
        cli
        cld
        xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, LOAD
        mov [drive], dl
        sti
        mov ah, 8                       ; geometry; a drive that does not tell is a 1.44 MB floppy
        push es
        int 0x13
        pop es
        jc .geometry_known
        and cx, 0x3f
        jz .geometry_known
        mov [per_track], cx
        mov dl, dh
        mov dh, 0
        inc dx
        mov [heads], dx
.geometry_known:
        mov ax, 0x7e0
        mov es, ax
        mov si, 1                       ; next sector
.read:  cmp si, [sectors]
        jae .loaded
        mov bp, 4                       ; attempts
.again: mov ax, si
        xor dx, dx
        div word [per_track]
        mov cx, dx
        inc cx                          ; sector
        xor dx, dx
        div word [heads]
        mov dh, dl                      ; head
        mov ch, al
        shl ah, 6
        or cl, ah                       ; cylinder
        mov dl, [drive]
        xor bx, bx
        mov ax, 0x0201
        int 0x13
        jnc .good
        xor ax, ax
        mov dl, [drive]
        int 0x13
        dec bp
        jnz .again
        mov al, '!'                     ; the disk cannot be read
        out 0xe9, al
        jmp $
.good:  mov ax, es
        add ax, 0x20
        mov es, ax
        inc si
        jmp .read
.loaded:
        cli
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp KERNEL_CODE:entry

per_track: dw 18
heads:  dw 2
drive:  db 0
        times 0x1f0 - ($ - $$) db 0
sectors: dw 0                           ; of the whole image; set by the builder (IMAGE_SECTORS_AT)
        times 510 - ($ - $$) db 0
        dw 0xaa55

        align 4
multiboot:
        dd 0x1badb002, 0x10000, -(0x1badb002 + 0x10000)
        dd multiboot, LOAD
load_end: dd 0                          ; set by the builder (LOAD_END_AT)
        dd 0, entry

        align 8
gdt:    dq 0
        dq 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
        dq 0x0000890000002068 | ((TSS & 0xffff) << 16) | ((TSS >> 16) << 32)
gdtr:   dw gdtr - gdt - 1
        dd gdt
idtr:   dw 0x31 * 8 - 1
        dd IDT

        bits 32
entry:
        cli
        cld
        mov esp, KERNEL_STACK
        lgdt [gdtr]
        jmp KERNEL_CODE:.flat
.flat:  mov ax, KERNEL_DATA
        mov ss, ax
        mov ax, USER_DATA
        mov ds, ax
        mov es, ax
        xor eax, eax
        mov fs, ax
        mov gs, ax
        mov cr4, eax
        mov edi, WRITABLE
        mov ecx, writable_end - WRITABLE
        rep stosb
        mov edi, TSS                    ; bitmap of ones, and the byte behind it
        mov ecx, 0x68 / 4
        rep stosd
        mov word [TSS + 8], KERNEL_DATA
        mov word [TSS + 0x66], 0x68
        mov ecx, 0x2001
        mov al, 0xff
        rep stosb
        xor ebx, ebx                    ; IDT: exceptions 0 to 31, then the way back from ring 3
.gate:  cmp ebx, 32                     ; 32 to 47 stay absent
        je .back
        imul eax, ebx, exception_size
        add eax, exceptions
        mov cx, 0x8e00
        jmp .set
.back:  mov ebx, 0x30
        mov eax, back_from_ring3
        mov cx, 0xee00
.set:   mov [IDT + ebx * 8], ax
        mov word [IDT + ebx * 8 + 2], KERNEL_CODE
        mov [IDT + ebx * 8 + 4], cx
        shr eax, 16
        mov [IDT + ebx * 8 + 6], ax
        inc ebx
        cmp ebx, 0x31
        jb .gate
        lidt [idtr]
        mov ax, TASK
        ltr ax
        mov dx, COM1 + 3                ; 8 bits, no parity
        mov al, 3
        out dx, al

        mov esi, text_version
        call puts
        mov esi, text_plan
        call puts
        movzx eax, word [table + 4]
        call put_decimal
        call new_line
        mov esi, table + 8
        mov edi, presets
        mov ecx, 7
        rep movsd
        mov [next], esi
.case:  mov eax, [case_number]
        cmp ax, [table + 4]
        jae .done
        inc dword [case_number]
        call run_case
        jmp .case
.done:  mov esi, text_done
        call puts
        mov dx, 0x501                   ; isa-debug-exit, where somebody put it there
        xor eax, eax
        out dx, al
.halt:  cli
        hlt
        jmp .halt

; --- one case --------------------------------------------------------------------------------------------------------
run_case:
        mov esi, [next]
        movzx eax, byte [esi]
        inc esi
        mov [id], esi
        mov [id_length], eax
        add esi, eax
        lodsb
        mov [ring], al
        movzx eax, word [esi]
        add esi, 2
        mov [steps_left], eax
        mov [next], esi
        mov dword [step_number], 0
        mov byte [failed], 0
        mov edi, VARIABLES
        mov ecx, 160
        xor eax, eax
        rep stosd
.step:  sub dword [steps_left], 1
        jb .verdict
        inc dword [step_number]
        call parse_step
        cmp byte [failed], 0
        je .run
        test byte [step_flags], 1       ; after a failure only what gives back
        jz .step
        call execute
        jmp .step
.run:   call execute
        call judge
        jmp .step
.verdict:
        mov esi, text_ok
        cmp byte [failed], 0
        je .word
        mov esi, text_not_ok
.word:  call puts
        mov eax, [case_number]
        call put_decimal
        mov esi, text_dash
        call puts
        mov esi, [id]
        mov ecx, [id_length]
        call put_bytes
        cmp byte [failed], 0
        je .line
        call put_detail
.line:  call new_line
        ret

; Reads one step at [next]; moves [next] behind it.
parse_step:
        mov esi, [next]
        mov edi, step_op
        mov ecx, 7
        rep movsb
        movzx eax, word [esi]
        add esi, 2
        mov [data_length], eax
        mov edi, registers_in
        xor ebx, ebx
.register:
        mov eax, [presets + ebx * 4]
        bt [step_set], ebx
        jnc .store
        lodsd
        movzx edx, byte [esi]
        inc esi
        cmp dl, NO_VARIABLE
        je .store
        or eax, [VARIABLES + edx * 4]
.store: stosd
        inc ebx
        cmp ebx, 7
        jb .register
        mov ecx, [data_length]
        mov [data_at], esi
        add esi, ecx
        cmp byte [step_op], 6           ; string instructions: their bytes, their pointer
        jb .checks
        cmp byte [step_op], 7
        ja .checks
        je .out
        mov dword [registers_in + 6 * 4], DATA
        mov edi, DATA
        mov al, 0xcc
        rep stosb
        mov al, 0xcc                    ; and one beyond, which must stay
        stosb
        jmp .checks
.out:   mov dword [registers_in + 5 * 4], DATA
        push esi
        mov esi, [data_at]
        mov edi, DATA
        rep movsb
        pop esi
.checks:
        mov [checks_at], esi
        movzx eax, byte [step_checks]
        imul eax, eax, 15
        add esi, eax
        mov [captures_at], esi
        movzx eax, byte [step_captures]
        imul eax, eax, 6
        add esi, eax
        mov [next], esi
        ret

; Executes the instruction in its ring; leaves registers_out and fault.
execute:
        pushad
        mov [kernel_esp], esp
        mov [TSS + 4], esp              ; ring 3 comes back below what is in use here
        mov byte [fault], NO_FAULT
        movzx eax, byte [step_op]
        mov eax, [stubs + eax * 4]
        mov [target], eax
        cmp byte [ring], 3
        jne .load
        push dword USER_DATA
        push dword USER_STACK
        push dword 2
        push dword USER_CODE
        push eax
.load:  mov eax, [registers_in]
        mov ecx, [registers_in + 4]
        mov edx, [registers_in + 8]
        mov ebx, [registers_in + 12]
        mov ebp, [registers_in + 16]
        mov esi, [registers_in + 20]
        mov edi, [registers_in + 24]
        cmp byte [ring], 3
        jne .ring0
        iretd
.ring0: jmp [target]

%macro stub 1+
        %1
        jmp near after
%endmacro
stub_in1:  stub in al, dx
stub_in2:  stub in ax, dx
stub_in4:  stub in eax, dx
stub_out1: stub out dx, al
stub_out2: stub out dx, ax
stub_out4: stub out dx, eax
stub_insb: stub rep insb
stub_outsb: stub rep outsb
stub_rdpmc: stub rdpmc
after:  mov [registers_out], eax
        mov [registers_out + 4], ecx
        mov [registers_out + 8], edx
        mov [registers_out + 12], ebx
        mov [registers_out + 16], ebp
        mov [registers_out + 20], esi
        mov [registers_out + 24], edi
        cmp byte [ring], 3
        jne resume
        int 0x30
back_from_ring3:
resume: mov ax, KERNEL_DATA
        mov ss, ax
        mov esp, [kernel_esp]
        mov ax, USER_DATA
        mov ds, ax
        mov es, ax
        cld
        popad
        ret

; Each exception: its number, then common. #DF, #TS … push an error code: 8, 10 to 14, 17.
exceptions:
%assign vector 0
%rep 32
        push byte vector
        jmp near exception
%assign vector vector + 1
%endrep
exception_size equ 7
%if ($ - exceptions) != 32 * exception_size
%error exception entries have another size
%endif
exception:
        mov [registers_out], eax
        mov [registers_out + 4], ecx
        mov [registers_out + 8], edx
        mov [registers_out + 12], ebx
        mov [registers_out + 16], ebp
        mov [registers_out + 20], esi
        mov [registers_out + 24], edi
        pop eax
        mov [fault], al
        bt dword [with_code], eax
        jnc resume
        pop ecx
        test ecx, ecx
        jz resume
        or byte [fault], 0x80
        jmp resume
with_code: dd (1 << 8) | (1 << 10) | (1 << 11) | (1 << 12) | (1 << 13) | (1 << 14) | (1 << 17)

; --- judging: the same rules as src/run-suite.ts ----------------------------------------------------------------------
judge:
        mov esi, [captures_at]          ; before judging: what cleans up after a failure needs them
.capture:
        sub byte [step_captures], 1
        jb .captured
        movzx ebx, byte [esi]
        mov eax, [registers_out + ebx * 4]
        and eax, [esi + 2]
        movzx ebx, byte [esi + 1]
        mov [VARIABLES + ebx * 4], eax
        add esi, 6
        jmp .capture
.captured:
        mov al, [fault]
        cmp al, [step_fault]
        je .unchanged
        mov al, 2
        jmp fail
.unchanged:
        xor ebx, ebx
.same:  bt [step_unchanged], ebx
        jnc .next
        mov eax, [registers_out + ebx * 4]
        mov edx, [registers_in + ebx * 4]
        cmp eax, edx
        je .next
        mov [detail_register], ebx
        mov [detail_actual], eax
        mov [detail_base], edx
        mov dword [detail_mask], 0xffffffff
        mov dword [detail_span], 0
        mov byte [detail_not], 0
        mov al, 1
        jmp fail
.next:  inc ebx
        cmp ebx, 7
        jb .same
        mov esi, [checks_at]
.check: cmp byte [step_checks], 0
        je .data
        dec byte [step_checks]
        movzx ebx, byte [esi]
        mov [detail_register], ebx
        mov eax, [registers_out + ebx * 4]
        mov [detail_actual], eax
        mov dl, [esi + 1]
        mov [detail_not], dl
        mov ecx, [esi + 3]
        mov [detail_mask], ecx
        and eax, ecx
        mov ecx, [esi + 7]
        movzx ebx, byte [esi + 2]
        cmp bl, NO_VARIABLE
        je .base
        or ecx, [VARIABLES + ebx * 4]
.base:  mov [detail_base], ecx
        sub eax, ecx
        mov ecx, [esi + 11]
        mov [detail_span], ecx
        add esi, 15
        cmp eax, ecx
        setbe al
        xor al, dl                      ; 1: holds as it should
        jnz .check
        mov al, 1
        jmp fail
.data:  cmp byte [step_op], 6
        jne .end
        mov esi, [data_at]
        mov edi, DATA
        mov ecx, [data_length]
        xor ebx, ebx
.byte:  cmp ebx, ecx
        jae .beyond
        mov al, [esi + ebx]
        cmp al, [edi + ebx]
        jne .differs
        inc ebx
        jmp .byte
.beyond:
        cmp byte [edi + ebx], 0xcc
        je .end
.differs:
        mov [detail_actual], ebx
        mov al, 3
        jmp fail
.end:   ret
fail:   mov [failed], al
        mov eax, [step_number]
        mov [detail_step], eax
        mov al, [fault]
        mov [detail_fault], al
        mov al, [step_fault]
        mov [detail_wanted], al
        ret

; --- text ------------------------------------------------------------------------------------------------------------
put_detail:
        mov esi, text_step
        call puts
        mov eax, [detail_step]
        call put_decimal
        mov al, ' '
        call putc
        cmp byte [failed], 2
        je .fault
        ja .data
        mov ecx, [detail_register]
        lea esi, [register_names + ecx * 4]
        call puts
        mov al, ' '
        call putc
        mov eax, [detail_actual]
        call put_hex
        mov esi, text_want
        call puts
        cmp byte [detail_not], 0
        je .base
        mov al, '!'
        call putc
.base:  mov eax, [detail_base]
        call put_hex
        mov al, '/'
        call putc
        mov eax, [detail_mask]
        call put_hex
        mov al, '+'
        call putc
        mov eax, [detail_span]
        jmp put_hex
.fault: mov esi, text_fault
        call puts
        mov al, [detail_fault]
        call put_vector
        mov esi, text_want
        call puts
        mov al, [detail_wanted]
        jmp put_vector
.data:  mov esi, text_data
        call puts
        mov eax, [detail_actual]
        jmp put_hex

put_vector:
        cmp al, NO_FAULT
        jne .number
        mov esi, text_none
        jmp puts
.number:
        movzx eax, al
        shl eax, 24
        mov ecx, 2
        jmp put_digits
put_hex:
        mov ecx, 8
put_digits:
        mov ebx, eax
.digit: rol ebx, 4
        mov al, bl
        and al, 15
        add al, '0'
        cmp al, '9'
        jbe .put
        add al, 'a' - '9' - 1
.put:   call putc
        dec ecx
        jnz .digit
        ret
put_decimal:
        mov ebx, 10
        xor ecx, ecx
.split: xor edx, edx
        div ebx
        push edx
        inc ecx
        test eax, eax
        jnz .split
.put:   pop eax
        add al, '0'
        call putc
        loop .put
        ret
put_bytes:
        lodsb
        call putc
        loop put_bytes
        ret
puts:   lodsb
        test al, al
        jz .end
        call putc
        jmp puts
.end:   ret
new_line:
        mov al, 10
putc:   push edx
        push ecx
        mov ah, al
        out 0xe9, al
        mov ecx, 0x100000               ; a port that is never ready does not stop the run
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 0x20
        jnz .ready
        loop .wait
.ready: mov al, ah
        mov dx, COM1
        out dx, al
        pop ecx
        pop edx
        ret

text_version: db "TAP version 14", 10, 0
text_plan: db "1..", 0
text_ok: db "ok ", 0
text_not_ok: db "not ok ", 0
text_dash: db " - ", 0
text_step: db " # step ", 0
text_want: db " want ", 0
text_fault: db "fault ", 0
text_none: db "none", 0
text_data: db "data differs at ", 0
text_done: db "# done", 10, 0
register_names: db "eax", 0, "ecx", 0, "edx", 0, "ebx", 0, "ebp", 0, "esi", 0, "edi", 0

        align 4
stubs:  dd stub_in1, stub_in2, stub_in4, stub_out1, stub_out2, stub_out4, stub_insb, stub_outsb, stub_rdpmc
        align 512, db 0
table:

; What is written lies on pages of its own: emulators that translate code need not look at it again.
        absolute WRITABLE
presets: resd 7
registers_in: resd 7
registers_out: resd 7
next: resd 1
id: resd 1
id_length: resd 1
case_number: resd 1
step_number: resd 1
steps_left: resd 1
data_length: resd 1
data_at: resd 1
checks_at: resd 1
captures_at: resd 1
kernel_esp: resd 1
target: resd 1
detail_step: resd 1
detail_register: resd 1
detail_actual: resd 1
detail_base: resd 1
detail_mask: resd 1
detail_span: resd 1
detail_not: resb 1
detail_fault: resb 1
detail_wanted: resb 1
ring: resb 1
failed: resb 1
fault: resb 1
; The head of a step, as it stands in the table.
step_op: resb 1
step_flags: resb 1
step_fault: resb 1
step_set: resb 1
step_unchanged: resb 1
step_checks: resb 1
step_captures: resb 1
        resb 4                          ; `bt` reads double words
writable_end:
