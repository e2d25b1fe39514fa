/*
 * position - where a client was in a log, as it stands on the wire.
 *
 * {"epoch":"<16 hexadecimal digits>","offset":n}: the epoch is a string since
 * it does not fit the numbers of JavaScript.
 *
 * Thread:  any (pure functions)
 * Errors:  false: not a position
 */
#ifndef KERNEL_CORE_POSITION_H
#define KERNEL_CORE_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/engine.h>
#include <nexus/error.h>
#include <nexus/json.h>
#include <nexus/rooms.h>

#define POSITION_EPOCH_SIZE 17

void position_write_epoch(uint64_t epoch, char out[POSITION_EPOCH_SIZE]);

// Whether a log whose page was read goes on after a position, so that nothing
// between is missing. Position 0 of epoch 0 is that of a client that came
// before the first record: any log that still begins there continues it.
bool position_continues(
        const struct nx_position *at, const struct nx_history_result *page);

bool position_read(const struct nx_json *value, struct nx_position *out);

#endif
