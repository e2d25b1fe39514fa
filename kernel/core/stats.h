/*
 * stats - what the server has done, in plain counters.
 *
 * Parts count by incrementing members, or by one small call where a table
 * says which. Once a second the rates are sampled. rest_stats.c renders them
 * for GET /api/ws/stats, rest_metrics.c for GET /metrics.
 *
 * Owner:   core
 * Thread:  logic
 * Errors:  stats_create: NULL without memory
 */
#ifndef KERNEL_CORE_STATS_H
#define KERNEL_CORE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>

#include "kernel/base/timers.h"
#include "kernel/core/close.h"
#include "kernel/core/histogram.h"
#include "kernel/core/limit.h"
#include "kernel/core/outbox.h"
#include "kernel/core/resume_outcome.h"

#define STATS_PREFIXES_MAX  256u // counted apart; all others together
#define STATS_PREFIXES_MET  32u
#define STATS_PREFIX_SIZE   65
#define STATS_PREFIX_NONE   "unknown"
#define STATS_PREFIX_OTHER  "other"
#define STATS_HTTP_CLASSES  6u  // [n]: status n00 to n99
#define STATS_ERROR_NUMBERS 64u // above every -NX_ERR_

// Rows of CLOSE_CODES, then what only peers cause.
enum stats_close {
#define STATS_CLOSE_ENUM_(name, number, word, meaning, action) \
    STATS_CLOSE_##name,
    CLOSE_CODES(STATS_CLOSE_ENUM_)
#undef STATS_CLOSE_ENUM_
    STATS_CLOSE_ROWS,
    STATS_CLOSE_NO_STATUS = STATS_CLOSE_ROWS, // 1005, a Close without a code
    STATS_CLOSE_LOST,                         // 1006, no Close at all
    STATS_CLOSE_OTHER,                        // any other code
    STATS_CLOSE_COUNT,
};

// Events that one registered prefix has had.
struct stats_prefix {
    char name[STATS_PREFIX_SIZE];
    struct histogram spent; // ns from arrival to the handler's return
};

// Two copies of a histogram, taken a minute apart, for what is recent.
struct stats_window {
    struct histogram newer;
    struct histogram older;
};

struct stats {
    int64_t started_ms; // UTC
    uint64_t sessions_opened;
    uint64_t sessions_refused;          // for any reason, before they opened
    uint64_t closed[STATS_CLOSE_COUNT]; // see stats_closed()
    uint64_t refused[LIMIT_COUNT];      // see stats_refused()
    uint64_t events_in;
    uint64_t bytes_in;
    uint64_t events_out; // frames queued for clients, for each receiver
    uint64_t bytes_out;
    uint64_t writes; // handed to the transport, each one system call
    uint64_t shed[OUTBOX_SHED_REASONS]; // frames that slow clients missed
    uint64_t queued_bytes;              // waiting in all outboxes now
    uint64_t deflate_sessions;  // that agreed on permessage-deflate, now
    uint64_t deflate_frames;    // compressed, each once for all receivers
    uint64_t deflate_bytes_in;  // of their messages
    uint64_t deflate_bytes_out; // of what became of them
    uint64_t deflate_saved;     // bytes not sent, for each receiver
    uint64_t deflate_futile;    // did not shrink
    uint64_t deflate_skipped;   // deflate.turn_ms was used up
    uint64_t deflate_ns;
    uint64_t inflate_messages;
    uint64_t inflate_bytes_in;
    uint64_t inflate_bytes_out;
    uint64_t inflate_ns;
    uint64_t errors;                         // `error` events sent
    uint64_t errors_by[STATS_ERROR_NUMBERS]; // [n]: NX_ERR_ -n
    uint64_t errors_replaced; // for a newer session: too_many_connections
    uint64_t errors_plugin;   // with a word of a plugin's own
    uint64_t unknown_fields;
    uint64_t records;                       // delivered by the engine
    uint64_t resumes[RESUME_OUTCOME_COUNT]; // attempts
    uint64_t replayed;         // records sent to those who came back
    uint64_t gaps;             // system.gap events sent by the kernel
    uint64_t resume_expired;   // sessions whose clients did not come back
    uint64_t resume_evicted;   // dropped before their time, by a limit
    uint64_t resume_too_large; // not kept, by resume.record_bytes
    uint64_t resume_write_errors;
    uint64_t http_requests;
    uint64_t http_errors;
    uint64_t http_answers[STATS_HTTP_CLASSES];
    uint64_t slow_callbacks;
    struct stats_prefix unknown; // refused before a handler was found
    struct stats_prefix other;   // beyond STATS_PREFIXES_MAX
    struct nx_strmap *prefixes;  // struct stats_prefix, owned
    struct stats_prefix *met[STATS_PREFIXES_MET]; // some, to find them faster
    struct stats_prefix *serving;                 // of the event being handled
    struct histogram turns;    // ns from waking up to going to sleep
    struct histogram fan_outs; // receivers of a frame for a whole room
    struct histogram outboxes; // bytes in one when its turn to leave came
    double turn_squares;       // of all turns, in ns^2
    int64_t turn_began_ns;     // meaningful while in_turn
    bool in_turn;
    bool slept; // a turn has ended before
    struct stats_window recent_events;
    struct stats_window recent_turns;
    double events_in_rate; // per second, smoothed over about 10 s
    double events_out_rate;
    double errors_rate;
    double cpu_rate; // CPU seconds in a second
    uint64_t sampled_in;
    uint64_t sampled_out;
    uint64_t sampled_errors;
    double sampled_cpu;
    int64_t sampled_ms; // monotonic
    uint32_t samples;   // since the windows moved
    struct timers *timers;
    struct timer timer;
};

struct stats *stats_create(struct timers *timers, int64_t wall_ms);

// Accepts NULL.
void stats_destroy(struct stats *stats);

// Something was refused, or somebody sent away, because of this setting.
static inline void stats_refused(struct stats *stats, enum limit limit) {
    stats->refused[limit]++;
}

// As above for the setting a sentence names, if it does.
void stats_refused_as(struct stats *stats, const char *sentence);

// Droppable frames shed for any reason.
uint64_t stats_shed(const struct stats *stats);

// An `error` event was sent. code is a word that replaces that of the status,
// or NULL.
void stats_error(struct stats *stats, nx_status status, const char *code);

// Somebody closed a session. Of what peers say, codes that are ours to send
// are counted as "other".
void stats_closed(struct stats *stats, uint16_t code, bool by_peer);

// An event arrived; its handling ended after ns. Between the two,
// stats_serve() says whose it is.
static inline void stats_arrived(struct stats *stats, size_t len) {
    stats->events_in++;
    stats->bytes_in += len;
    stats->serving = &stats->unknown;
}

void stats_serve(struct stats *stats, struct nx_str prefix);
void stats_handled(struct stats *stats, int64_t ns);

// A turn of the loop; times are of the clock it reads anyway. An end without
// a begin counts nothing, nor does the first turn: its clock was read when
// the server began to come up.
void stats_turn_begins(struct stats *stats, int64_t now_ns);
void stats_turn_ends(struct stats *stats, int64_t now_ns);

// All prefixes together, and the last one to two minutes of them and of the
// turns. The histogram is overwritten.
void stats_all_events(const struct stats *stats, struct histogram *out);
void stats_recent_events(const struct stats *stats, struct histogram *out);
void stats_recent_turns(const struct stats *stats, struct histogram *out);

// Walks the registered prefixes that had events: start with *cursor = 0, NULL
// at the end.
const struct stats_prefix *stats_next_prefix(
        const struct stats *stats, size_t *cursor);

#endif
