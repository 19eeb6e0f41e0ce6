/* Checks of a test program, printed on the serial port in the format of Unity, which PlatformIO reads. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "port.h"

static unsigned check_tests;
static unsigned check_failures;
static bool check_passed;

static inline void check_print(const char *text)
{
    port_write((const uint8_t *)text, strlen(text));
}

static inline void check_print_number(unsigned number)
{
    char digits[12];
    char *at = digits + sizeof digits;
    *--at = '\0';
    do {
        *--at = (char)('0' + (int)(number % 10u));
        number /= 10u;
    } while (number != 0u);
    check_print(at);
}

static inline void check_line(const char *file, unsigned line, const char *name, const char *outcome)
{
    check_print(file);
    check_print(":");
    check_print_number(line);
    check_print(":");
    check_print(name);
    check_print(outcome);
    check_print("\n");
}

/* In a test: ends it where the condition does not hold. */
#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            check_line(__FILE__, __LINE__, __func__, ":FAIL: " #condition); \
            check_passed = false; \
            return; \
        } \
    } while (0)

#define RUN(test) \
    do { \
        check_passed = true; \
        test(); \
        check_tests++; \
        check_failures += check_passed ? 0u : 1u; \
        if (check_passed) { \
            check_line(__FILE__, __LINE__, #test, ":PASS"); \
        } \
    } while (0)

static inline void check_end(void)
{
    check_print("-----------------------\n");
    check_print_number(check_tests);
    check_print(" Tests ");
    check_print_number(check_failures);
    check_print(" Failures 0 Ignored\n");
    check_print(check_failures == 0 ? "OK\n" : "FAIL\n");
    port_exit(check_failures == 0 ? 0 : 1);
}

/* The program: a framework has its own main. */
#ifdef ARDUINO
#define CHECK_MAIN(run_all) \
    void setup(void) \
    { \
        port_start(); \
        run_all(); \
        check_end(); \
    } \
    void loop(void) \
    { \
    }
#else
#define CHECK_MAIN(run_all) \
    int main(void) \
    { \
        port_start(); \
        run_all(); \
        check_end(); \
        return 0; \
    }
#endif

#endif
