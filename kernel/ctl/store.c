#include "kernel/ctl/store.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/ctl/print.h"
#include "kernel/ctl/target.h"
#include "plugins/store/inspect.h"

static int complain(const struct problem *problem) {
    (void)fprintf(stderr, "nexusctl: %s; %s\n", problem->what,
            problem_advice(problem->kind));
    return CTL_EXIT_FAILURE;
}

// What a command does with the database that is open.
typedef int (*with_store_fn)(struct inspect *inspect,
        const struct ctl_options *options, struct problem *problem);

static int with_store(const struct ctl_options *options, with_store_fn fn) {
    struct problem problem = {.kind = PROBLEM_NONE};
    char *folder = target_store_folder(options);
    if (!folder) {
        return CTL_EXIT_FAILURE;
    }
    struct inspect *inspect = inspect_open(folder, &problem);
    int code = inspect ? fn(inspect, options, &problem) : CTL_EXIT_FAILURE;
    if (code == CTL_EXIT_FAILURE) {
        (void)complain(&problem);
    }
    inspect_close(inspect);
    free(folder);
    return code;
}

// --- check ----------------------------------------------------------------

static void print_finding(void *user, const char *text) {
    json_t *list = user;
    if (list) {
        (void)json_array_append_new(list, json_string(text));
    } else {
        (void)puts(text);
    }
}

static int check(struct inspect *inspect, const struct ctl_options *options,
        struct problem *problem) {
    int64_t findings = 0;
    json_t *list = options->json ? json_array() : NULL;
    bool done = inspect_check(inspect, print_finding, list, &findings, problem);
    int code = findings > 0 ? CTL_EXIT_FOUND : EXIT_SUCCESS;
    if (!done) {
        json_decref(list);
        return CTL_EXIT_FAILURE;
    }
    if (list) {
        (void)print_json(json_pack(
                "{s:b, s:o}", "sound", findings == 0, "findings", list));
    } else if (findings == 0) {
        (void)puts("the database is sound");
    }
    return code;
}

int store_check(const struct ctl_options *options) {
    return with_store(options, check);
}

// --- stats ----------------------------------------------------------------

static void print_time(const char *name, int64_t ms) {
    char text[32] = "-";
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    if (ms > 0 && gmtime_r(&seconds, &parts)) {
        (void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
    }
    (void)printf("%-16s %s\n", name, text);
}

static void print_stats(const struct inspect_stats *stats) {
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
            {"schema", (uint64_t)stats->schema},
            {"database_bytes", stats->database_bytes},
            {"wal_bytes", stats->wal_bytes},
            {"free_bytes", stats->free_bytes},
            {"rooms", (uint64_t)stats->rooms},
            {"records", (uint64_t)stats->records},
            {"facts", (uint64_t)stats->facts},
            {"dedupe_keys", (uint64_t)stats->dedupe_keys},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        (void)printf("%-16s %" PRIu64 "\n", rows[i].name, rows[i].value);
    }
    (void)printf("%-16s %016" PRIx64 "\n", "epoch", stats->epoch);
    print_time("oldest_record", stats->oldest_ms);
    print_time("newest_record", stats->newest_ms);
    if (stats->server > 0) {
        (void)printf("%-16s %ld\n", "server_process", stats->server);
    } else {
        (void)printf("%-16s none\n", "server_process");
    }
}

static json_t *stats_json(const struct inspect_stats *stats) {
    char epoch[24];
    (void)snprintf(epoch, sizeof(epoch), "%016" PRIx64, stats->epoch);
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:I,"
                     " s:I}",
            "schema", (json_int_t)stats->schema, "database_bytes",
            (json_int_t)stats->database_bytes, "wal_bytes",
            (json_int_t)stats->wal_bytes, "free_bytes",
            (json_int_t)stats->free_bytes, "rooms", (json_int_t)stats->rooms,
            "records", (json_int_t)stats->records, "facts",
            (json_int_t)stats->facts, "dedupe_keys",
            (json_int_t)stats->dedupe_keys, "epoch", epoch, "oldest_record_ms",
            (json_int_t)stats->oldest_ms, "newest_record_ms",
            (json_int_t)stats->newest_ms, "server_process",
            (json_int_t)stats->server);
}

static int stats(struct inspect *inspect, const struct ctl_options *options,
        struct problem *problem) {
    struct inspect_stats found;
    if (!inspect_stats(inspect, &found, problem)) {
        return CTL_EXIT_FAILURE;
    }
    if (options->json) {
        return print_json(stats_json(&found));
    }
    print_stats(&found);
    return EXIT_SUCCESS;
}

int store_stats(const struct ctl_options *options) {
    return with_store(options, stats);
}

// --- export and backup ----------------------------------------------------

static int export(struct inspect *inspect, const struct ctl_options *options,
        struct problem *problem) {
    (void)options; // It is JSON in any case.
    return inspect_export(inspect, stdout, problem) ? EXIT_SUCCESS
                                                    : CTL_EXIT_FAILURE;
}

int store_export(const struct ctl_options *options) {
    return with_store(options, export);
}

static int backup(struct inspect *inspect, const struct ctl_options *options,
        struct problem *problem) {
    if (!inspect_backup(inspect, options->argument, problem)) {
        return CTL_EXIT_FAILURE;
    }
    if (options->json) {
        return print_json(json_pack("{s:s}", "file", options->argument));
    }
    (void)printf("the database was copied to %s\n", options->argument);
    return EXIT_SUCCESS;
}

int store_backup(const struct ctl_options *options) {
    return with_store(options, backup);
}

// --- vacuum ---------------------------------------------------------------

int store_vacuum(const struct ctl_options *options) {
    struct problem problem = {.kind = PROBLEM_NONE};
    uint64_t before = 0;
    uint64_t after = 0;
    char *folder = target_store_folder(options);
    bool done = folder && inspect_vacuum(folder, &before, &after, &problem);
    free(folder);
    if (!done) {
        return folder ? complain(&problem) : CTL_EXIT_FAILURE;
    }
    if (options->json) {
        return print_json(json_pack("{s:I, s:I}", "bytes_before",
                (json_int_t)before, "bytes_after", (json_int_t)after));
    }
    (void)printf("the database had %" PRIu64 " bytes and has %" PRIu64 "\n",
            before, after);
    return EXIT_SUCCESS;
}
