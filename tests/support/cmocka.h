/*
 * cmocka - the test library, with the headers it needs but does not include.
 *
 * Tests include this file and never <cmocka.h>: sorted includes would put that
 * one before its own prerequisites.
 */
#ifndef TESTS_SUPPORT_CMOCKA_H
#define TESTS_SUPPORT_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

// Must stay behind the four above.
#include <cmocka.h>

#endif
