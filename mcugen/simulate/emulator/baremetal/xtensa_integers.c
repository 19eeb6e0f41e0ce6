/*
 * Long multiplication and division for Xtensa cores that have no instructions for them. Parts with such a core have these
 * functions in their ROM, which is why Debian's libgcc comes without.
 */
#include <stdint.h>

typedef union {
    uint64_t whole;
    struct {
        uint32_t low, high;
    } half;
} words;

uint64_t __umulsidi3(uint32_t a, uint32_t b);
uint64_t __muldi3(uint64_t a, uint64_t b);
uint32_t __udivsi3(uint32_t a, uint32_t b);
uint32_t __umodsi3(uint32_t a, uint32_t b);
int32_t __divsi3(int32_t a, int32_t b);
uint64_t __udivmoddi4(uint64_t a, uint64_t b, uint64_t *remainder); /* libgcc's own */
uint64_t __udivdi3(uint64_t a, uint64_t b);
uint64_t __umoddi3(uint64_t a, uint64_t b);
int64_t __divdi3(int64_t a, int64_t b);

/* Four products of halves. */
static inline uint64_t product(uint32_t a, uint32_t b)
{
    const uint32_t a_low = a & 0xffffu, a_high = a >> 16, b_low = b & 0xffffu, b_high = b >> 16;
    const uint32_t low = a_low * b_low;
    const uint32_t middle = a_high * b_low + (low >> 16);
    const uint32_t other = a_low * b_high + (middle & 0xffffu);
    words result;
    result.half.low = a * b;
    result.half.high = a_high * b_high + (middle >> 16) + (other >> 16);
    return result.whole;
}

uint64_t __umulsidi3(uint32_t a, uint32_t b)
{
    return product(a, b);
}

uint64_t __muldi3(uint64_t a, uint64_t b)
{
    const words x = {a}, y = {b};
    words result = {product(x.half.low, y.half.low)};
    result.half.high += x.half.low * y.half.high + x.half.high * y.half.low;
    return result.whole;
}

static inline uint32_t divide(uint32_t a, uint32_t b, uint32_t *remainder)
{
    uint32_t quotient = 0;
    if (b != 0u && a >= b) {
        for (int shift = __builtin_clz(b) - __builtin_clz(a); shift >= 0; --shift) {
            quotient <<= 1;
            if (a >= b << shift) {
                a -= b << shift;
                quotient |= 1u;
            }
        }
    }
    *remainder = a;
    return quotient;
}

uint32_t __udivsi3(uint32_t a, uint32_t b)
{
    uint32_t remainder;
    return divide(a, b, &remainder);
}

uint32_t __umodsi3(uint32_t a, uint32_t b)
{
    uint32_t remainder;
    (void)divide(a, b, &remainder);
    return remainder;
}

int32_t __divsi3(int32_t a, int32_t b)
{
    uint32_t remainder;
    const uint32_t quotient = divide(a < 0 ? 0u - (uint32_t)a : (uint32_t)a, b < 0 ? 0u - (uint32_t)b : (uint32_t)b, &remainder);
    return (int32_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}

uint64_t __udivdi3(uint64_t a, uint64_t b)
{
    return __udivmoddi4(a, b, 0);
}

uint64_t __umoddi3(uint64_t a, uint64_t b)
{
    uint64_t remainder;
    (void)__udivmoddi4(a, b, &remainder);
    return remainder;
}

int64_t __divdi3(int64_t a, int64_t b)
{
    const uint64_t quotient = __udivmoddi4(a < 0 ? 0u - (uint64_t)a : (uint64_t)a, b < 0 ? 0u - (uint64_t)b : (uint64_t)b, 0);
    return (int64_t)((a < 0) != (b < 0) ? 0u - quotient : quotient);
}
