/*
 * types - the scalar types every interface of the plugin ABI is made of.
 *
 * Only fixed-width integers, ids, {pointer, length} strings and opaque
 * handles cross between host and plugin. Ids are never reused while the
 * process lives; 0 means none, and every call that releases or cancels
 * something accepts 0.
 *
 * Thread tags used in all headers: [logic] the thread that runs every plugin
 * callback, [any] any thread, [worker] a thread of the jobs pool.
 * Phase tags: C create, K configure, S start, R running, Q quiesced.
 */
#ifndef NEXUS_TYPES_H
#define NEXUS_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// docs/abi.md has the rules by which the ABI grows.
#define NX_ABI_MAJOR 1u
#define NX_ABI_MINOR 0u
#define NX_ABI_TEXT  "1.0"

// What makes a symbol visible outside of the shared object.
#if defined(__GNUC__)
#define NX_EXPORT __attribute__((visibility("default")))
#else
#define NX_EXPORT
#endif

// NX_OK or one of the negative NX_ERR_ codes of <nexus/error.h>. Receivers
// treat a code they do not know as NX_ERR_INTERNAL.
typedef int32_t nx_status;

// One connected client. Dies with its connection; a look-up that fails is
// the normal case "they left".
typedef uint64_t nx_session_id;

// One room that exists on this node. See <nexus/rooms.h> for its life.
typedef uint64_t nx_room_id;

// A timer, a job, a metric: of one instance, until it is replaced.
typedef uint64_t nx_timer_id;
typedef uint64_t nx_job_id;
typedef uint64_t nx_metric_id;

// One request waiting for its one answer: an event, an authentication
// decision, or an HTTP response.
typedef uint64_t nx_op_id;

// UTF-8 text. A string that comes from the host is followed by a zero byte
// that len does not count. {NULL, 0} means absent; {"", 0} means empty.
struct nx_str {
    const char *ptr;
    size_t len;
};

// Bytes without meaning to the host.
struct nx_bytes {
    const void *ptr;
    size_t len;
};

struct nx_host;   // what the server offers, <nexus/host.h>
struct nx_plugin; // one instance of a plugin, <nexus/plugin.h>
struct nx_json;   // a JSON value to read, <nexus/json.h>
struct nx_writer; // a JSON object being written, <nexus/json.h>

// Each interface table starts with its size and version, and only ever
// grows at the end: test a member added after 1.0 with NX_HAS(). A call in a
// phase it is not tagged with returns NX_ERR_STATE, on a wrong thread
// NX_ERR_THREAD, or the empty value of its type, and is logged as a mistake of
// the plugin; the few that take no nx_host are not checked.
#define NX_INTERFACE_HEAD \
    uint32_t struct_size; \
    uint32_t version

// True when the struct behind pointer t is new enough to have the member m.
#define NX_HAS_MEMBER(t, m) \
    ((t) != NULL \
            && (size_t)((const char *)(&(t)->m + 1) - (const char *)(t)) \
                    <= (t)->struct_size)

// True when it has the pointer m, such as a function of a table, and m is set.
#define NX_HAS(t, m) (NX_HAS_MEMBER(t, m) && (t)->m != NULL)

#ifdef __cplusplus
}
#endif

#endif
