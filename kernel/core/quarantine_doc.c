#include "kernel/core/quarantine_doc.h"

#include "kernel/core/crash_report.h"
#include "kernel/core/quarantine.h"
#include "kernel/core/writer.h"

#define MEMBER "quarantine"

void quarantine_put_names(
        struct nx_writer *writer, const struct quarantine *quarantine) {
    writer_begin_array(writer, MEMBER);
    for (size_t i = 0; i < quarantine_count(quarantine); i++) {
        writer_put_cstr(writer, NULL, quarantine_get(quarantine, i)->last.name);
    }
    writer_end(writer);
}

static void put_item(
        struct nx_writer *writer, const struct quarantine_item *item) {
    const struct crash_note *last = &item->last;
    writer_begin_object(writer, NULL);
    writer_put_cstr(writer, "name", last->name);
    writer_put_cstr(writer, "version", last->version);
    writer_put_u64(writer, "crashes", item->crashes);
    writer_put_cstr(writer, "signal", crash_report_signal(last->signo));
    writer_put_cstr(writer, "callback", last->callback);
    writer_put_cstr(writer, "event", last->event);
    writer_put_i64(writer, "at", last->at_ms);
    writer_end(writer);
}

void quarantine_put_items(
        struct nx_writer *writer, const struct quarantine *quarantine) {
    writer_begin_array(writer, MEMBER);
    for (size_t i = 0; i < quarantine_count(quarantine); i++) {
        put_item(writer, quarantine_get(quarantine, i));
    }
    writer_end(writer);
}
