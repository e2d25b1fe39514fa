/*
 * stages - what is asked of a plugin, each stage in a child of its own.
 *
 * A stage loads the plugin, puts it through something, and tells one line for
 * each question. That it crashes or hangs is for the parent to say.
 *
 * Owner:   constants
 * Thread:  the first of the child
 * Errors:  lines of the report
 */
#ifndef KERNEL_CTL_CHECK_STAGES_H
#define KERNEL_CTL_CHECK_STAGES_H

struct sandbox;
struct subject;
struct subject_plan;

struct stage {
    const char *name; // in the line that says how it ended, when badly
    void (*run)(struct subject *subject);
};

// Ends with one that has no name. Without the first the others make no sense.
extern const struct stage stages[];

// The function of a sandbox for a stage; ctx is a struct stage_call.
struct stage_call {
    const struct stage *stage;
    const struct subject_plan *plan;
};
void stage_run(struct sandbox *sandbox, void *ctx);

// ---- stage_life.c ----

void stage_start(struct subject *subject);    // starts and ends as it should
void stage_failing(struct subject *subject);  // each step fails once
void stage_host(struct subject *subject);     // other hosts than this one
void stage_refusals(struct subject *subject); // calls into the host fail

// ---- stage_events.c ----

void stage_events(struct subject *subject);  // what clients send
void stage_gone(struct subject *subject);    // clients vanish
void stage_storage(struct subject *subject); // storage fails
void stage_http(struct subject *subject);    // requests to its routes
void stage_unknown(struct subject *subject); // values of later versions

// ---- stage_reload.c ----

void stage_state(struct subject *subject);  // good and spoilt state
void stage_reload(struct subject *subject); // 100 reloads
void stage_leaks(struct subject *subject);  // what is left of an instance

#endif
