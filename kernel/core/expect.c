#include "kernel/core/expect.h"

#include <stdlib.h>

#include <nexus/router.h>

#include "kernel/core/core.h"
#include "kernel/core/fields.h"
#include "kernel/core/op.h"
#include "kernel/core/settings.h"
#include "kernel/core/stats.h"

static void remember(struct op *op, const struct fields_report *report) {
    if (!op->report) {
        op->report = malloc(sizeof(*op->report));
    }
    if (op->report) {
        *op->report = *report;
    }
}

nx_status expect_fields(struct core *core, const struct nx_event *ev,
        const struct nx_field *fields) {
    struct fields_report report;
    // Events that plugins raise carry event_id and the like.
    bool strict = core->settings->protocol_strict && ev->session != 0;
    enum nx_err err = fields_check(ev->json, fields, ev->user, strict, &report);
    core->stats->unknown_fields += report.unknown.count;
    struct op *op = ops_find(core->ops, ev->op);
    if (op && (err || report.unknown.count > 0)) {
        remember(op, &report);
    }
    return err;
}

nx_status expect_among(struct core *core, const struct nx_event *ev,
        const struct nx_field *fields) {
    struct fields_report report;
    enum nx_err err = fields_check(ev->json, fields, ev->user, false, &report);
    struct op *op = err ? ops_find(core->ops, ev->op) : NULL;
    if (op) {
        remember(op, &report);
    }
    return err;
}
