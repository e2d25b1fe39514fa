/*
 * envelope - what every incoming event has, and the answers to it.
 *
 * Reads event_type and ref, and writes ack, error, result event and problem
 * document. A result's members are copied as text. Builders take nothing
 * away from the caller: the result and the details are still to be discarded.
 *
 * Owner:   what a builder returns belongs to the caller: take its text, then
 *          writer_discard()
 * Thread:  that of the writers
 * Errors:  builders: NULL when no writer is left, else see writer_status()
 */
#ifndef KERNEL_CORE_ENVELOPE_H
#define KERNEL_CORE_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <nexus/error.h>
#include <nexus/types.h>

#include "kernel/core/fields.h"
#include "kernel/core/json_doc.h"
#include "kernel/core/writer.h"

#define ENVELOPE_TYPE_MAX 64 // bytes
#define ENVELOPE_REF_MAX  64

// Whether the text can be an event_type: 1 to 64 letters, digits and _ . : -
bool envelope_is_type(struct nx_str text);

struct envelope {
    struct nx_str type; // borrowed from the document
    struct nx_str ref;  // likewise; absent when there is none
    // After an error: what is wrong with which member. Static strings.
    const char *field; // NULL when it is the whole message
    const char *reason;
};

// Fills type and ref as far as they are valid even when it fails, so that
// the error can name them. BAD_REQUEST, MISSING_FIELD, INVALID_FIELD.
enum nx_err envelope_read(const struct json_doc *doc, struct envelope *out);

// {"event_type":"ack","ref":...,<members of result>,"warnings":[...]}
// warnings and result may be NULL.
struct nx_writer *envelope_ack(struct writers *ws, struct nx_str ref,
        const struct fields_unknown *warnings, struct nx_writer *result);

// {"event_type":...,"event_id":...,"timestamp":...,<members of result>}
struct nx_writer *envelope_result(
        struct writers *ws, struct nx_str type, struct nx_writer *result);

// Appends "warnings":[{"code":"unknown_field","field":"..."},...,
// {"code":"unknown_field","more":n}], or nothing when there is none.
void envelope_put_warnings(
        struct nx_writer *w, const struct fields_unknown *warnings);

// Why a request failed. All zero but status is enough; what is absent is
// left out of the event.
struct envelope_failure {
    nx_status status;
    const char *code;          // NULL: the word of status
    struct nx_str message;     // absent or not UTF-8: the text of status
    struct nx_str in_reply_to; // the event_type that failed
    struct nx_str ref;
    const char *field;         // details.field
    const char *limit_name;    // details.limit
    struct nx_writer *details; // more members of details; ignored if failed
    uint64_t retry_after_ms;
};

// {"event_type":"error","code":...,"message":...,"in_reply_to":...,"ref":...,
//  "details":{...},"retry_after_ms":n}
struct nx_writer *envelope_error(
        struct writers *ws, const struct envelope_failure *failure);

// {"type":"about:blank","title":...,"status":404,"code":"not_found",
//  "detail":...}, RFC 9457. A NULL title becomes that of the HTTP status, an
// absent detail the text of status.
struct nx_writer *envelope_problem(struct writers *ws, nx_status status,
        const char *title, struct nx_str detail);

#endif
