/*
 * error - one table for every error: C name, number, wire word, HTTP status.
 *
 * The number is ABI and never changes; the word is what a client reads in
 * the `code` field of an `error` event and a back end in problem+json; the
 * text is the default `message`. docs/errors.md is generated from here.
 * Plugins with errors of their own answer with a word of theirs through
 * nexus.router fail(), not by numbers.
 *
 * Thread:  any (constants and pure functions)
 */
#ifndef NEXUS_ERROR_H
#define NEXUS_ERROR_H

#include <nexus/types.h>

#ifdef __cplusplus
extern "C" {
#endif

// X(NAME, number, wire word, HTTP status, default text)
#define NX_ERRORS(X) \
    X(INVALID, -1, "invalid", 400, "an argument is out of its range") \
    X(NO_MEMORY, -2, "no_memory", 503, "the server is out of memory") \
    X(NOT_FOUND, -3, "not_found", 404, "there is no such thing") \
    X(EXISTS, -4, "already_exists", 409, "it exists already") \
    X(FORBIDDEN, -5, "forbidden", 403, "you may not do this") \
    X(AGAIN, -6, "try_again", 503, "not possible now, try again") \
    X(LIMIT, -7, "limit_exceeded", 429, "a limit of the server is reached") \
    X(STATE, -8, "wrong_state", 409, "not possible in this state") \
    X(THREAD, -9, "wrong_thread", 500, "called from the wrong thread") \
    X(UNSUPPORTED, -10, "unsupported", 501, "the server cannot do this") \
    X(IO, -11, "io_error", 500, "reading or writing failed") \
    X(GONE, -12, "gone", 410, "it is no longer there") \
    X(VERSION, -13, "wrong_version", 500, "version not understood") \
    X(CANCELLED, -14, "cancelled", 503, "the request was cancelled") \
    X(INTERNAL, -15, "internal", 500, "the server made a mistake") \
    X(TIMEOUT, -16, "timeout", 504, "no answer in time") \
    X(BAD_JSON, -20, "bad_json", 400, "the message is not valid JSON") \
    X(TOO_DEEP, -21, "too_deep", 400, "the JSON is nested too deeply") \
    X(BAD_REQUEST, -22, "bad_request", 400, "the message is malformed") \
    X(MISSING_FIELD, -23, "missing_field", 400, "a required field is missing") \
    X(INVALID_FIELD, -24, "invalid_field", 400, "a field has a wrong value") \
    X(UNKNOWN_FIELD, -25, "unknown_field", 400, "a field is not known") \
    X(UNKNOWN_EVENT, -26, "unknown_event", 404, \
            "nobody handles this event_type") \
    X(TOO_LARGE, -27, "too_large", 413, "the message or a field is too large") \
    X(METHOD, -28, "method_not_allowed", 405, "wrong HTTP method") \
    X(MEDIA_TYPE, -29, "unsupported_media_type", 415, "send application/json") \
    X(UNAUTHENTICATED, -30, "unauthenticated", 401, \
            "authentication is needed") \
    X(IDENTITY, -31, "identity_mismatch", 403, \
            "user_id differs from the authenticated user") \
    X(NOT_MEMBER, -32, "not_member", 403, "you are not a member") \
    X(AUTH_TIMEOUT, -33, "auth_timeout", 401, "no authentication in time") \
    X(RATE_LIMITED, -40, "rate_limited", 429, "too many messages") \
    X(OVERLOADED, -41, "overloaded", 503, "the server is overloaded") \
    X(DRAINING, -42, "draining", 503, "the server is going away") \
    X(SLOW_CONSUMER, -43, "slow_consumer", 429, "the client reads too slowly") \
    X(CONFLICT, -50, "conflict", 409, "somebody else was faster") \
    X(ENGINE_BUSY, -51, "engine_busy", 503, "storage is busy") \
    X(ENGINE_UNAVAILABLE, -52, "engine_unavailable", 503, \
            "storage does not work") \
    X(RELOADED, -53, "plugin_reloaded", 503, \
            "the feature was reloaded, send it again") \
    X(QUARANTINED, -54, "plugin_quarantined", 503, \
            "the feature is switched off because it crashed the server")

// NX_OK, and NX_ERR_ with each name of the table. Passed as nx_status.
enum nx_err {
    NX_OK = 0,
#define NX_ERR_ENUM_(name, number, word, http, text) NX_ERR_##name = (number),
    NX_ERRORS(NX_ERR_ENUM_)
#undef NX_ERR_ENUM_
};

// One row of the table above.
struct nx_err_row {
    nx_status status;
    uint32_t http;
    const char *word;
    const char *text;
};

// The row of a status; that of NX_ERR_INTERNAL for a number this header does
// not know. Since 1.0.
static inline const struct nx_err_row *nx_err_find(nx_status status) {
#define NX_ERR_ROW_(name, number, word, http, text) {number, http, word, text},
    static const struct nx_err_row rows[] = {
            {NX_OK, 200, "ok", "no error"}, NX_ERRORS(NX_ERR_ROW_)};
#undef NX_ERR_ROW_
    const struct nx_err_row *found = NULL;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].status == status
                || (!found && rows[i].status == NX_ERR_INTERNAL)) {
            found = &rows[i];
        }
    }
    return found;
}

// The word that a client reads. Since 1.0.
static inline const char *nx_err_word(nx_status status) {
    return nx_err_find(status)->word;
}

// The sentence a client reads if nobody says a better one. Since 1.0.
static inline const char *nx_err_text(nx_status status) {
    return nx_err_find(status)->text;
}

// The HTTP status of a problem answer. Since 1.0.
static inline uint32_t nx_err_http(nx_status status) {
    return nx_err_find(status)->http;
}

#ifdef __cplusplus
}
#endif

#endif
