/*
 * everything - uses all that ABI 1.0 has, and reports what it used.
 *
 * everything.run     makes every call an event handler may make, and answers
 *                    when the last completion is there
 * everything.leave   leaves the room that the run has joined
 * everything.report  {seen: [...], wrong: [...], runs, restored}
 * everything.fail    is answered with an error of its own
 * everything.close   closes the session with 4000
 *
 * GET /api/everything/{name}, /api/everything-bytes, /api/everything-problem.
 * A user "later" is let in by a decision that comes later. Names of functions
 * and callbacks used are its state: they are handed over in a reload.
 */
#ifndef EVERYTHING_H
#define EVERYTHING_H

#include <nexus/sdk.h>

#define SEEN_MAX  256u
#define NAME_SIZE 48u
#define WRONG_MAX 16u

struct everything {
    struct nx_plugin base;
    struct nx_sdk nx;
    char seen[SEEN_MAX][NAME_SIZE];
    size_t seen_count;
    char wrong[WRONG_MAX][96];
    size_t wrong_count;
    int64_t number; // the setting
    uint64_t runs;  // finished ones
    uint32_t restored;
    nx_metric_id counter;
    nx_metric_id gauge;
    nx_metric_id histogram;
    nx_timer_id repeating;
    nx_op_id op;           // of the run that goes on
    nx_session_id session; // who asked for it
    int32_t worked;        // by the job
};

// Remembers that a function or callback was used.
void saw(struct everything *e, const char *name);

// Remembers what is not as it should be.
void note_wrong(struct everything *e, const char *what, int line);

// A function of a table, remembered as used; e must be in scope.
#define NX(table, function) \
    (saw(e, #table "." #function), e->nx.table->function)

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            note_wrong(e, #condition, __LINE__); \
        } \
    } while (0)

// What the server filled in says its size; member is the last of version 1.0.
#define CHECK_HAS(object, member) CHECK(NX_HAS_MEMBER(object, member))

int32_t everything_run(struct everything *e, const struct nx_event *ev);
int32_t everything_leave(struct everything *e, const struct nx_event *ev);
int32_t everything_report(struct everything *e, const struct nx_event *ev);

nx_status everything_register(struct everything *e);

#endif
