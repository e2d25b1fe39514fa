/*
 * admin_command - the commands of the control socket, one table.
 *
 * A command is a row in admin_command.c: its name, the members its request
 * may have, and a function. The function writes the members of its result,
 * or says what is wrong with admin_fail(). It does a bounded piece of work:
 * what may be long is asked for page by page, with the `after` of the next.
 *
 * Thread:  logic
 * Errors:  admin_fail()
 */
#ifndef KERNEL_CORE_ADMIN_COMMAND_H
#define KERNEL_CORE_ADMIN_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/json.h>
#include <nexus/types.h>

#define ADMIN_PAGE        100  // items of one answer at most
#define ADMIN_SLICE       1000 // items looked at for one answer
#define ADMIN_MESSAGE_MAX 400

struct core;
struct nx_writer;

// One request being answered.
struct admin_call {
    struct core *core;
    struct admin_peer *peer;
    const struct nx_json *request;
    struct nx_writer *result;
    size_t room;      // bytes the result should not go beyond
    bool deferred;    // answered by admin_end_late()
    const char *code; // NULL: all is well
    char message[ADMIN_MESSAGE_MAX];
};

struct admin_command {
    const char *name;
    const struct nx_field *fields; // ends with NULL
    void (*run)(struct admin_call *call);
};

// Members that every request has; each list of fields begins with them.
#define ADMIN_FIELDS \
    {.name = "v", .kinds = NX_JSON_INT, .flags = NX_FIELD_REQUIRED}, { \
        .name = "command", .kinds = NX_JSON_STRING, .flags = NX_FIELD_REQUIRED \
    }

// The command, or NULL.
const struct admin_command *admin_command_find(struct nx_str name);

// Gives up: code is a literal, the message a sentence that says what to do.
__attribute__((format(printf, 3, 4))) void admin_fail(
        struct admin_call *call, const char *code, const char *format, ...);

// A member of the request; absent and false when it has none.
struct nx_str admin_text(const struct admin_call *call, const char *name);
bool admin_number(
        const struct admin_call *call, const char *name, uint64_t *out);

// Whether the result has grown so long that the page should end.
bool admin_is_full(const struct admin_call *call);

// --- the commands ---

extern const struct nx_field admin_no_fields[];
extern const struct nx_field admin_sessions_fields[];
extern const struct nx_field admin_kick_fields[];
extern const struct nx_field admin_rooms_fields[];
extern const struct nx_field admin_log_level_fields[];
extern const struct nx_field admin_tail_fields[];
extern const struct nx_field admin_release_fields[];

void admin_status(struct admin_call *call);
void admin_plugins(struct admin_call *call);
void admin_sessions(struct admin_call *call);
void admin_kick(struct admin_call *call);
void admin_rooms(struct admin_call *call);
void admin_log_level(struct admin_call *call);
void admin_drain(struct admin_call *call);
void admin_reload(struct admin_call *call);
void admin_release(struct admin_call *call);
void admin_tail(struct admin_call *call);

// --- answers that come later ---

// A promise to answer the call, whose peer may have gone by then.
struct admin_late;

// The command answers later. NULL without memory.
struct admin_late *admin_defer(struct admin_call *call);

// Takes that back; the command answers now.
void admin_undefer(struct admin_call *call, struct admin_late *late);

// The result to write into; NULL when the peer has gone. Then the end, always:
// it consumes both.
struct nx_writer *admin_begin_late(struct admin_late *late);
void admin_end_late(struct admin_late *late, struct nx_writer *result);

// Turns the peer of the call into one who watches, after the answer; what
// admin_tail() does. False when it does already.
bool admin_start_tail(
        struct admin_call *call, struct nx_str type, struct nx_str user);

#endif
