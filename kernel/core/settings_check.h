/*
 * settings_check - rules that one setting alone cannot break.
 *
 * Thread:  any
 * Errors:  sentences that name every setting involved and what to do
 */
#ifndef KERNEL_CORE_SETTINGS_CHECK_H
#define KERNEL_CORE_SETTINGS_CHECK_H

#include <stdbool.h>

#include "kernel/core/settings.h"

void settings_check(
        const struct settings *settings, struct settings_errors *errors);

// Whether only this machine can reach the address: 127.0.0.0/8, ::1 or
// localhost.
bool settings_check_loopback(const char *address);

#endif
