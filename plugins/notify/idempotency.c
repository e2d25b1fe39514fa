#include "plugins/notify/idempotency.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "plugins/notify/names.h"

#define FINGERPRINT_SIZE 33 // 32 digits and a NUL

// FNV-1a, twice with different beginnings. A caller who makes two bodies
// collide deceives nobody but themselves.
static uint64_t hash(struct nx_str text, uint64_t hash) {
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.ptr[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static bool is_key(struct nx_str key) {
    if (key.len == 0 || key.len > KEY_IDEMPOTENCY_MAX) {
        return false;
    }
    for (size_t i = 0; i < key.len; i++) {
        if (key.ptr[i] < '!' || key.ptr[i] > '~') {
            return false;
        }
    }
    return true;
}

bool idempotency_init(struct idempotency *idem, struct notify *notify,
        const struct idempotency_call *call) {
    memset(idem, 0, sizeof(*idem));
    idem->notify = notify;
    if (!call->key.ptr) {
        return true;
    }
    if (!is_key(call->key) || call->user.len > NOTIFY_USER_MAX) {
        return false;
    }
    idem->used = true;
    key_idempotency(&idem->key, call->call, call->user, call->key);
    idem->fingerprint[0] = hash(call->body, UINT64_C(0xcbf29ce484222325));
    idem->fingerprint[1] = hash(call->body, call->body.len + 1);
    return true;
}

// ---- what is stored ----

static void write_fingerprint(
        const struct idempotency *idem, char out[FINGERPRINT_SIZE]) {
    (void)snprintf(out, FINGERPRINT_SIZE, "%016" PRIx64 "%016" PRIx64,
            idem->fingerprint[0], idem->fingerprint[1]);
}

static struct nx_writer *value_of(
        const struct idempotency *idem, uint32_t http, struct nx_str answer) {
    const struct notify *notify = idem->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    char fingerprint[FINGERPRINT_SIZE];
    struct nx_writer *value = json->object(notify->host);
    if (value) {
        write_fingerprint(idem, fingerprint);
        json->put_str(value, "body", nx_str_c(fingerprint));
        json->put_str(value, "id", nx_str_c(idem->id));
        json->put_i64(value, "created", idem->created_ms);
        if (answer.ptr) {
            json->put_u64(value, "http", http);
            json->put_raw(value, "answer", answer);
        }
    }
    return value;
}

static nx_status put(struct idempotency *idem, struct nx_writer *value,
        uint64_t expect_revision, nx_fact_fn done) {
    struct notify *notify = idem->notify;
    struct nx_str text = nx_str_none();
    nx_status status = NX_ERR_NO_MEMORY;
    if (value) {
        text = notify->sdk.json->text(value);
    }
    if (text.ptr) {
        status = notify->sdk.engine->put(notify->host, key_text(&idem->key),
                nx_bytes_n(text.ptr, text.len), notify->settings.idempotency_ms,
                expect_revision, done, idem);
    }
    notify->sdk.json->discard(value);
    return status;
}

// ---- looking it up ----

static void find(
        struct idempotency *idem, const struct idempotency_found *found) {
    idem->fn(idem, found);
}

static void find_failure(struct idempotency *idem, nx_status status) {
    const struct idempotency_found found = {
            .what = IDEMPOTENCY_FAILED, .status = status};
    find(idem, &found);
}

static void read_value(const struct idempotency *idem, struct nx_str text,
        struct idempotency_found *found) {
    const struct notify *notify = idem->notify;
    const struct nx_json_v1 *json = notify->sdk.json;
    const struct nx_json *value = json->parse(notify->host, text);
    const struct nx_json *answer = json->get(value, "answer");
    char fingerprint[FINGERPRINT_SIZE];
    int64_t http = 0;
    write_fingerprint(idem, fingerprint);
    if (!nx_str_is(json->str(json->get(value, "body")), fingerprint)) {
        found->what = IDEMPOTENCY_MISUSED;
        return;
    }
    (void)json->i64(json->get(value, "created"), &found->created_ms);
    (void)json->i64(json->get(value, "http"), &http);
    found->id = json->str(json->get(value, "id"));
    found->http = (uint32_t)http;
    found->answer = answer ? json->raw(notify->host, answer) : nx_str_none();
    found->what = answer ? IDEMPOTENCY_ANSWERED : IDEMPOTENCY_AGAIN;
}

static void got(void *user, const struct nx_fact_result *result) {
    struct idempotency *idem = user;
    struct idempotency_found found = {.status = NX_OK};
    if (result->status != NX_OK || result->count == 0) {
        // It has just expired: the caller may try again.
        find_failure(idem,
                result->status == NX_ERR_NOT_FOUND ? NX_ERR_ENGINE_BUSY
                                                   : result->status);
        return;
    }
    const struct nx_bytes value = result->facts[0].value;
    read_value(idem, nx_str_n(value.ptr, value.len), &found);
    if (found.what == IDEMPOTENCY_AGAIN) {
        if (found.id.len == 0 || found.id.len >= sizeof(idem->id)) {
            find_failure(idem, NX_ERR_ENGINE_UNAVAILABLE);
            return;
        }
        memset(idem->id, 0, sizeof(idem->id));
        memcpy(idem->id, found.id.ptr, found.id.len);
        idem->created_ms = found.created_ms;
    }
    find(idem, &found);
}

static void claimed(void *user, const struct nx_fact_result *result) {
    struct idempotency *idem = user;
    struct notify *notify = idem->notify;
    nx_status status = result->status;
    if (status == NX_OK) {
        const struct idempotency_found found = {.what = IDEMPOTENCY_NEW};
        find(idem, &found);
        return;
    }
    if (status == NX_ERR_CONFLICT) {
        status = notify->sdk.engine->get(
                notify->host, key_text(&idem->key), got, idem);
    }
    if (status != NX_OK) {
        find_failure(idem, status);
    }
}

nx_status idempotency_begin(struct idempotency *idem, struct nx_str id,
        int64_t created_ms, idempotency_fn fn) {
    memcpy(idem->id, id.ptr, id.len);
    idem->id[id.len] = '\0';
    idem->created_ms = created_ms;
    idem->fn = fn;
    return put(idem, value_of(idem, 0, nx_str_none()), NX_PUT_NEW, claimed);
}

// ---- keeping the answer ----

static void stored(void *user, const struct nx_fact_result *result) {
    struct idempotency *idem = user;
    idem->kept(idem, result->status);
}

nx_status idempotency_keep(struct idempotency *idem, uint32_t http,
        struct nx_str answer, idempotency_kept_fn kept) {
    idem->kept = kept;
    return put(idem, value_of(idem, http, answer), NX_PUT_ANY, stored);
}
