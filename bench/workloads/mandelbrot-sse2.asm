; SSE2 scalar double: Mandelbrot set, 64 x 64 points, at most 256 steps; eax = steps in all.
%include "boot.inc"
workload:
        push pcx
        xor ebx, ebx
        xor esi, esi                  ; y
.row:   xor edi, edi                  ; x
.point: cvtsi2sd xmm0, edi             ; cr = x * 3 / 64 - 2
        mulsd xmm0, [scale3]
        subsd xmm0, [two]
        cvtsi2sd xmm1, esi             ; ci = y * 2 / 64 - 1
        mulsd xmm1, [scale2]
        subsd xmm1, [one]
        xorpd xmm2, xmm2
        xorpd xmm3, xmm3
        mov ecx, 256
.step:  movapd xmm4, xmm2
        mulsd xmm4, xmm2                ; zr^2
        movapd xmm5, xmm3
        mulsd xmm5, xmm3                ; zi^2
        movapd xmm6, xmm4
        addsd xmm6, xmm5
        ucomisd xmm6, [four]
        ja .out
        mulsd xmm3, xmm2
        addsd xmm3, xmm3
        addsd xmm3, xmm1
        subsd xmm4, xmm5
        addsd xmm4, xmm0
        movapd xmm2, xmm4
        inc ebx
        dec ecx
        jnz .step
.out:   inc edi
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
