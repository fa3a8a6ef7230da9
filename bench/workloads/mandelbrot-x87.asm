; x87 with 64-bit precision: Mandelbrot set, 64 x 64 points, at most 256 steps; eax = steps in all.
%include "boot.inc"
INTEGER equ 0x300000
workload:
        push pcx
        xor ebx, ebx
        xor esi, esi                    ; y
.row:   xor edi, edi                    ; x
.point: mov [INTEGER], edi
        fild dword [INTEGER]            ; cr = x * 3 / 64 - 2
        fmul qword [scale3]
        fsub qword [two]
        mov [INTEGER], esi
        fild dword [INTEGER]            ; ci = y * 2 / 64 - 1
        fmul qword [scale2]
        fsub qword [one]
        fldz                            ; zi
        fldz                            ; zr zi ci cr
        mov ecx, 256
.step:  fld st0
        fmul st0, st0                   ; zr^2 zr zi ci cr
        fld st2
        fmul st0, st0                   ; zi^2 zr^2 zr zi ci cr
        fld st1
        fadd st0, st1
        fcomp qword [four]
        fnstsw ax
        test ah, 0x41
        jz .out
        fsubp st1, st0                  ; zr^2-zi^2 zr zi ci cr
        fadd st0, st4                   ; zr' zr zi ci cr
        fxch st0, st2                   ; zi zr zr' ci cr
        fmulp st1, st0                  ; zi*zr zr' ci cr
        fadd st0, st0
        fadd st0, st2                   ; zi' zr' ci cr
        fxch st0, st1                   ; zr' zi' ci cr
        inc ebx
        dec ecx
        jnz .step
        jmp .done
.out:   fstp st0
        fstp st0
.done:  fstp st0
        fstp st0
        fstp st0
        fstp st0
        inc edi
        cmp edi, 64
        jb .point
        inc esi
        cmp esi, 64
        jb .row
        mov eax, ebx
        pop pcx
        dec ecx
        jnz workload
        ret
        align 8
scale3  dq 0.046875
scale2  dq 0.03125
one     dq 1.0
two     dq 2.0
four    dq 4.0
%include "end.inc"
