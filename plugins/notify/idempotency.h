/*
 * idempotency - the same call twice has one effect and one answer.
 *
 * Before anything happens, the caller's key is stored with a fingerprint of
 * the body and the id of the notification; afterwards with the answer. A call
 * that never came to its answer, because the server ended, is done again with
 * the same id, and whoever has it already does not get it twice.
 *
 * Owner:   struct posting embeds it
 * Thread:  logic
 * Errors:  a status for the caller
 */
#ifndef PLUGINS_NOTIFY_IDEMPOTENCY_H
#define PLUGINS_NOTIFY_IDEMPOTENCY_H

#include <stdbool.h>
#include <stdint.h>

#include <nexus/types.h>

#include "plugins/notify/key.h"
#include "plugins/notify/notify.h"

enum idempotency_what {
    IDEMPOTENCY_NEW,      // nobody has used the key
    IDEMPOTENCY_AGAIN,    // begun once, without an answer: same id and time
    IDEMPOTENCY_ANSWERED, // here is the first answer
    IDEMPOTENCY_MISUSED,  // the key stands for another body
    IDEMPOTENCY_FAILED,
};

// Everything is borrowed until the function returns.
struct idempotency_found {
    enum idempotency_what what;
    nx_status status;   // FAILED
    struct nx_str id;   // AGAIN
    int64_t created_ms; // AGAIN
    uint32_t http;      // ANSWERED
    struct nx_str answer;
};

struct idempotency;

typedef void (*idempotency_fn)(
        struct idempotency *idem, const struct idempotency_found *found);
typedef void (*idempotency_kept_fn)(struct idempotency *idem, nx_status status);

struct idempotency {
    struct notify *notify;
    bool used; // the caller gave a key
    struct key key;
    uint64_t fingerprint[2]; // of the body
    char id[NOTIFY_ID_MAX + 1];
    int64_t created_ms;
    idempotency_fn fn;
    idempotency_kept_fn kept;
};

// One call, by its name, its caller (may be absent), their key and the body.
// False when the key is none: 1 to 255 visible ASCII characters.
struct idempotency_call {
    const char *call;
    struct nx_str user;
    struct nx_str key;
    struct nx_str body;
};

bool idempotency_init(struct idempotency *idem, struct notify *notify,
        const struct idempotency_call *call);

// Looks the key up and claims it. fn comes once, never before this returns,
// unless this returns an error.
nx_status idempotency_begin(struct idempotency *idem, struct nx_str id,
        int64_t created_ms, idempotency_fn fn);

// Stores the answer, a JSON object.
nx_status idempotency_keep(struct idempotency *idem, uint32_t http,
        struct nx_str answer, idempotency_kept_fn kept);

#endif
