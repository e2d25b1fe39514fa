// audit - who did what and when, as JSON lines in a file.

#include "audit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct nx_setting settings[] = {
        {"file", NX_SETTING_STRING, 0, "", NULL,
                "where to write; empty means audit/audit.jsonl in data_dir"},
        {"skip", NX_SETTING_STRING, 0, "ping,pong,system.ack", NULL,
                "event types that are not written, comma-separated"},
        {"content", NX_SETTING_BOOL, NX_SETTING_LIVE, "false", NULL,
                "write the events themselves, too, with what users say"},
        {"sync", NX_SETTING_BOOL, NX_SETTING_LIVE, "false", NULL,
                "wait for the disk after each batch, so that a power cut "
                "loses no more than the last one"},
        {"flush_ms", NX_SETTING_INT, NX_SETTING_LIVE, "500", "10..60000",
                "milliseconds after which a line goes to the file at the "
                "latest"},
        {"buffer_bytes", NX_SETTING_INT, 0, "4194304", "4096..1073741824",
                "bytes of lines that wait for the disk; more are dropped and "
                "counted"},
        {"file_bytes", NX_SETTING_INT, NX_SETTING_LIVE, "104857600",
                "4096..1099511627776", "size at which a new file is begun"},
        {"files", NX_SETTING_INT, NX_SETTING_LIVE, "10", "1..1000",
                "older files that are kept"},
        {NULL, 0, 0, NULL, NULL, NULL},
};

static char *choose_path(struct nx_str file, struct nx_str data_dir) {
    char *path = NULL;
    size_t size = file.len + data_dir.len + sizeof("/audit/audit.jsonl");
    path = malloc(size);
    if (path && file.len > 0) {
        (void)snprintf(path, size, "%s", file.ptr);
    } else if (path) {
        (void)snprintf(path, size, "%s/audit/audit.jsonl", data_dir.ptr);
    }
    return path;
}

static nx_status configure(struct nx_plugin *plugin,
        const struct nx_config *cfg, struct nx_diag *diag, uint32_t mode) {
    (void)diag;
    struct audit *audit = plugin->self;
    const struct nx_config_v1 *config = audit->sdk.config;
    if (mode != NX_CONFIGURE_APPLY) {
        return NX_OK;
    }
    if (!audit->path) {
        audit->path = choose_path(
                config->get_str(cfg, "file"), config->data_dir(cfg));
        audit->skip = strdup(config->get_str(cfg, "skip").ptr);
    }
    audit->content = config->get_bool(cfg, "content") != 0;
    audit->sync = config->get_bool(cfg, "sync") != 0;
    audit->flush_ms = config->get_int(cfg, "flush_ms");
    audit->buffer_bytes = config->get_int(cfg, "buffer_bytes");
    audit->file_bytes = config->get_int(cfg, "file_bytes");
    audit->files = config->get_int(cfg, "files");
    return audit->path && audit->skip ? NX_OK : NX_ERR_NO_MEMORY;
}

// ---- from the buffer to the file ----

static void flush(struct audit *audit);

static void on_timer(void *user, nx_timer_id timer) {
    (void)timer;
    struct audit *audit = user;
    audit->flush_due = false;
    flush(audit);
}

static void flush_later(struct audit *audit) {
    const struct nx_sdk *sdk = &audit->sdk;
    if (!audit->flush_due) {
        audit->flush_due =
                sdk->timers->set(sdk->host, (uint64_t)audit->flush_ms, 0,
                        on_timer, audit, NULL)
                == NX_OK;
    }
}

static void report(struct audit *audit, int error) {
    char text[128];
    if (error != 0) {
        audit->sdk.metrics->add(audit->sdk.host, audit->failures, 1);
    }
    if (error != 0 && !audit->failing) {
        nx_logf(&audit->sdk, NX_LOG_ERROR,
                "%s cannot be written: %s; lines are kept up to buffer_bytes",
                audit->path, strerror_r(error, text, sizeof(text)));
        audit->dropped_since = 0;
    }
    if (error == 0 && audit->failing) {
        nx_logf(&audit->sdk, NX_LOG_WARN,
                "%s is written again; %llu lines were lost", audit->path,
                (unsigned long long)audit->dropped_since);
    }
    audit->failing = error != 0;
}

static void finish_batch(struct audit *audit) {
    const struct nx_sdk *sdk = &audit->sdk;
    report(audit, audit->batch->error);
    if (audit->batch->error == 0) {
        sdk->metrics->add(sdk->host, audit->written, (double)audit->batch->len);
        batch_destroy(audit->batch);
        audit->batch = NULL;
    }
    sdk->metrics->set(sdk->host, audit->buffered,
            (double)(audit->lines.len
                    + (audit->batch ? audit->batch->len : 0)));
}

static void run(void *arg, const volatile int32_t *cancelled) {
    (void)cancelled; // a write to a disk cannot be taken back
    batch_write(arg);
}

static void done(void *user, void *arg, nx_status status) {
    (void)arg;
    struct audit *audit = user;
    (void)status; // the batch says whether it was written
    audit->writing = false;
    finish_batch(audit);
    if (audit->batch || audit->lines.len > 0) {
        flush_later(audit);
    }
}

// The next batch: the one that has failed, or all lines there are.
static bool take_batch(struct audit *audit) {
    if (!audit->batch && audit->lines.len > 0) {
        size_t len = 0;
        char *data = nx_buf_take(&audit->lines, &len);
        audit->batch = data ? batch_create(audit->path, data, len) : NULL;
    }
    if (audit->batch) {
        audit->batch->error = ECANCELED; // unless it is run
        audit->batch->file_bytes = audit->file_bytes;
        audit->batch->files = audit->files;
        audit->batch->sync = audit->sync;
    }
    return audit->batch != NULL;
}

static void flush(struct audit *audit) {
    const struct nx_sdk *sdk = &audit->sdk;
    if (audit->writing || !take_batch(audit)) {
        return;
    }
    audit->writing =
            sdk->jobs->submit(sdk->host, run, done, audit, audit->batch, NULL)
            == NX_OK;
    if (!audit->writing) {
        flush_later(audit);
    }
}

void audit_add(struct audit *audit, struct nx_writer *line) {
    const struct nx_sdk *sdk = &audit->sdk;
    struct nx_str text = line ? sdk->json->text(line) : nx_str_none();
    // One append, so that there is never half a line.
    char *end = text.ptr ? nx_buf_reserve(&audit->lines, text.len + 1) : NULL;
    if (end) {
        memcpy(end, text.ptr, text.len);
        end[text.len] = '\n';
        nx_buf_commit(&audit->lines, text.len + 1);
    } else {
        audit->lines.failed = false; // a shorter one may fit
        audit->dropped_since++;
        sdk->metrics->add(sdk->host, audit->dropped, 1);
    }
    sdk->json->discard(line);
    if (audit->lines.len > (size_t)audit->buffer_bytes / 2) {
        flush(audit);
    } else {
        flush_later(audit);
    }
}

// ---- life ----

static nx_status restore(
        struct audit *audit, const struct nx_state_reader *prev) {
    if (prev->total == 0) {
        return NX_OK;
    }
    char *data = malloc((size_t)prev->total);
    if (!data || !nx_state_read(prev, data, (size_t)prev->total)) {
        free(data);
        return NX_ERR_NO_MEMORY;
    }
    audit->batch = batch_create(audit->path, data, (size_t)prev->total);
    flush_later(audit);
    return audit->batch ? NX_OK : NX_ERR_NO_MEMORY;
}

static nx_status start(
        struct nx_plugin *plugin, const struct nx_state_reader *prev) {
    struct audit *audit = plugin->self;
    const struct nx_metric metrics[] = {
            {NX_METRIC_COUNTER, "written_bytes_total",
                    "bytes of lines in the file", &audit->written},
            {NX_METRIC_COUNTER, "dropped_total",
                    "lines for which the buffer had no room", &audit->dropped},
            {NX_METRIC_COUNTER, "failures_total",
                    "batches that could not be written", &audit->failures},
            {NX_METRIC_GAUGE, "buffered_bytes", "bytes that wait for the disk",
                    &audit->buffered},
    };
    nx_buf_init(&audit->lines, (size_t)audit->buffer_bytes);
    nx_status status = nx_define_metrics(
            &audit->sdk, metrics, sizeof(metrics) / sizeof(metrics[0]));
    if (status == NX_OK) {
        status = observe_all(audit);
    }
    return status == NX_OK && prev ? restore(audit, prev) : status;
}

// A reload hands lines over; else this is the last moment to write them, and
// nobody is served any more.
static nx_status quiesce(struct nx_plugin *plugin, uint32_t reason) {
    struct audit *audit = plugin->self;
    if (audit->writing) {
        return NX_ERR_AGAIN;
    }
    while (reason != NX_QUIESCE_RELOAD && take_batch(audit)) {
        batch_write(audit->batch);
        finish_batch(audit);
        if (audit->batch) {
            return NX_OK; // lost, and said so
        }
    }
    return NX_OK;
}

static nx_status save_state(
        const struct nx_plugin *plugin, const struct nx_state_writer *writer) {
    const struct audit *audit = plugin->self;
    nx_status status = NX_OK;
    if (audit->batch) {
        status = writer->write(writer, audit->batch->data, audit->batch->len);
    }
    return status == NX_OK && audit->lines.len > 0
            ? writer->write(writer, audit->lines.data, audit->lines.len)
            : status;
}

static void destroy(struct nx_plugin *plugin) {
    struct audit *audit = plugin->self;
    batch_destroy(audit->batch);
    nx_buf_finish(&audit->lines);
    free(audit->path);
    free(audit->skip);
    free(audit);
}

static nx_status create(const struct nx_host *host, struct nx_plugin **out) {
    struct audit *audit = calloc(1, sizeof(*audit));
    if (!audit) {
        return NX_ERR_NO_MEMORY;
    }
    nx_sdk_load(&audit->sdk, host);
    audit->plugin = (struct nx_plugin){
            .struct_size = sizeof(audit->plugin),
            .self = audit,
            .configure = configure,
            .start = start,
            .quiesce = quiesce,
            .save_state = save_state,
            .destroy = destroy,
    };
    *out = &audit->plugin;
    return NX_OK;
}

NX_PLUGIN("audit", "1.0.0", "MIT", "who did what, as JSON lines in a file", 1,
        1, (""),
        ("nexus.log/1", "nexus.config/1", "nexus.json/1", "nexus.router/1",
                "nexus.rooms/1", "nexus.users/1", "nexus.timers/1",
                "nexus.jobs/1", "nexus.metrics/1"),
        settings, create);
