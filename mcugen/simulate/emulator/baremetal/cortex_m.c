/* Cortex-M: system registers, the counter, and what a fault prints. */
#include "mcu.h"
#include "mcu_internal.h"

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define CCR REGISTER(0xE000ED14u)
#define CFSR REGISTER(0xE000ED28u)
#define MMFAR REGISTER(0xE000ED34u)
#define BFAR REGISTER(0xE000ED38u)
#define CPACR REGISTER(0xE000ED88u)

#define MPU_CTRL REGISTER(0xE000ED94u)
#define MPU_RNR REGISTER(0xE000ED98u)
#define MPU_RBAR REGISTER(0xE000ED9Cu)
#define MPU_RASR REGISTER(0xE000EDA0u)
#define MPU_RLAR MPU_RASR
#define MPU_MAIR0 REGISTER(0xE000EDC0u)

#define CCR_UNALIGN_TRP (1u << 3)
#define CPACR_CP10_CP11 0x00F00000u

extern uint32_t mcu_stack_limit[], mcu_stack_top[];
void mcu_fault(const uint32_t *frame, uint32_t exception) __attribute__((noreturn));

/* ---- start-up ---- */

#define GUARD 0x100000u /* bytes below RAM that fault when the stack overflows into them; QEMU would ignore the stores */

#if __ARM_ARCH >= 8
static void protect(uint32_t region, uint32_t origin, uint32_t size, int execute)
{
    MPU_RNR = region;
    MPU_RBAR = origin | (3u << 1) | (execute ? 0u : 1u); /* read only */
    MPU_RLAR = ((origin + size - 1u) & ~31u) | 1u;
}
#else
static void protect(uint32_t region, uint32_t origin, uint32_t size, int execute)
{
    uint32_t log2 = 0;
    while ((1u << log2) < size)
        ++log2;
    MPU_RNR = region;
    MPU_RBAR = origin;
    MPU_RASR = (execute ? 0u : 1u << 28) | (6u << 24) | (1u << 17) | ((log2 - 1u) << 1) | 1u; /* read only */
}
#endif

/* What real hardware has and the emulated board has not: a flash that cannot be written, an end below RAM. */
static void protect_memory(void)
{
#if __ARM_ARCH >= 8
    MPU_MAIR0 = 0xAAu; /* normal memory */
#endif
    protect(0, MCU_ROM_ORIGIN, MCU_ROM_SIZE, 1);
    protect(1, MCU_RAM_ORIGIN - GUARD, GUARD, 0);
#ifdef MCU_CONSTANTS_ORIGIN
    protect(2, MCU_CONSTANTS_ORIGIN, MCU_CONSTANTS_SIZE, 0);
#endif
    MPU_CTRL = 5u; /* enabled, the default map elsewhere */
    __asm volatile("dsb\n\tisb" ::: "memory");
}

void mcu_platform_start(void)
{
    protect_memory();
#ifdef MCU_TRAP_UNALIGNED
    CCR |= CCR_UNALIGN_TRP;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= CPACR_CP10_CP11;
    __asm volatile("dsb\n\tisb" ::: "memory");
#endif
}

/* ---- counter ---- */

void mcu_counter_start(void)
{
#ifdef MCU_CMSDK_TIMER /* CMSDK APB timer: CTRL, VALUE, RELOAD; counts down */
    REGISTER(MCU_CMSDK_TIMER + 8u) = 0xFFFFFFFFu;
    REGISTER(MCU_CMSDK_TIMER + 4u) = 0xFFFFFFFFu;
    REGISTER(MCU_CMSDK_TIMER) = 1u;
#else                  /* SSE-300 system counter: CNTCR; counts up */
    REGISTER(MCU_SYSTEM_COUNTER) = 1u;
#endif
}

/* instructions = ticks * MCU_TICKS_NUMERATOR / 2^MCU_TICKS_SHIFT, to the nearest. The difference of two readings is less than
 * one tick off and an instruction takes more than two, so that the result is exact. */
uint32_t mcu_counter_delta(uint32_t from, uint32_t to)
{
#ifdef MCU_CMSDK_TIMER
    uint32_t ticks = from - to;
#else
    uint32_t ticks = to - from;
#endif
    return (uint32_t)(((uint64_t)ticks * MCU_TICKS_NUMERATOR + (1u << (MCU_TICKS_SHIFT - 1))) >> MCU_TICKS_SHIFT);
}

/* ---- faults ---- */

static const char *cause_of(uint32_t exception, uint32_t cfsr)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } causes[] = {
        {25, "division by zero"},       {24, "unaligned access"},        {19, "no coprocessor (FPU or MVE)"},
        {18, "bad exception return"},   {17, "invalid state"},           {16, "undefined instruction"},
        {12, "stacking bus error"},     {10, "imprecise bus error"},     {9, "data bus error"},
        {8, "instruction bus error"},   {4, "stacking protection"},      {1, "write to flash or data access violation"},
        {0, "execute never"},
    };
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; ++i)
        if ((cfsr >> causes[i].bit & 1u) != 0u)
            return causes[i].name;
    return exception == 3u ? "hard fault" : "unexpected exception";
}

void mcu_fault(const uint32_t *frame, uint32_t exception)
{
    uint32_t cfsr = CFSR;
    int in_stack = frame >= mcu_stack_limit && frame + 8 <= mcu_stack_top;
    mcu_puts("\nFAULT pc=0x");
    mcu_put_hex32(in_stack ? frame[6] : 0u);
    mcu_puts(" lr=0x");
    mcu_put_hex32(in_stack ? frame[5] : 0u);
    mcu_puts(" cause=");
    mcu_puts(in_stack ? cause_of(exception, cfsr) : "stack overflow");
    mcu_puts(" cfsr=0x");
    mcu_put_hex32(cfsr);
    mcu_puts(" address=0x");
    mcu_put_hex32((cfsr & (1u << 15)) != 0u ? BFAR : (cfsr & (1u << 7)) != 0u ? MMFAR : 0u);
    mcu_puts("\n");
    mcu_exit(MCU_FAULT_STATUS);
}
