/* RISC-V, machine mode: start-up, traps, and an end by semihosting (RISC-V Semihosting, version 1.0). */
#ifdef __riscv

    .option arch, +zicsr

    .section .vectors, "ax"
    .global emulated_reset
emulated_reset:
    la      sp, emulated_stack_top
    la      t0, trap
    csrw    mtvec, t0
    csrw    mie, zero
    la      a0, emulated_data_start
    la      a1, emulated_data_load
    la      a2, emulated_data_end
1:  bgeu    a0, a2, 2f
    lw      t0, (a1)
    sw      t0, (a0)
    addi    a0, a0, 4
    addi    a1, a1, 4
    j       1b
2:  la      a0, emulated_bss_start
    la      a1, emulated_bss_end
3:  bgeu    a0, a1, 4f
    sw      zero, (a0)
    addi    a0, a0, 4
    j       3b
4:  call    main
    tail    emulated_exit

    .balign 4
trap:
    la      sp, emulated_stack_top
    li      a0, 127
    tail    emulated_exit

    .text
    .global emulated_exit
emulated_exit:
    addi    sp, sp, -16
    li      t0, 0x20026
    sw      t0, 0(sp)
    sw      a0, 4(sp)
5:  li      a0, 0x20
    mv      a1, sp
    call    semihost
    j       5b

    .option push
    .option norvc
    .balign 16
semihost:
    slli    x0, x0, 0x1f
    ebreak
    srai    x0, x0, 7
    ret
    .option pop

#endif
