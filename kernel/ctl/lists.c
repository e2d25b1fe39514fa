#include "kernel/ctl/lists.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "kernel/core/admin_command.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/link.h"
#include "kernel/ctl/print.h"

struct column {
    const char *title; // NULL ends them
    const char *key;
    int width; // negative: to the left
};

struct list {
    const char *name; // of the command and of its items
    const struct column *columns;
    const char *filter; // member of the question, NULL: one page, and all of it
    const char *wanted; // its value
    uint64_t limit;     // 0: none
    json_t *all;        // NULL: items are shown as they come
    json_t *quarantine; // plugins that are left out, or NULL
    uint64_t count;
    json_int_t total;
};

// --- as a table -----------------------------------------------------------

static void print_titles(const struct column *columns) {
    const char *gap = "";
    for (const struct column *c = columns; c->title; c++) {
        (void)printf("%s%*s", gap, c->width, c->title);
        gap = " ";
    }
    (void)puts("");
}

static void print_item(const struct column *columns, const json_t *item) {
    const char *gap = "";
    for (const struct column *c = columns; c->title; c++) {
        const json_t *value = json_object_get(item, c->key);
        if (json_is_integer(value)) {
            (void)printf("%s%*" JSON_INTEGER_FORMAT, gap, c->width,
                    json_integer_value(value));
        } else {
            const char *text = json_string_value(value);
            (void)printf("%s%*s", gap, c->width, text && *text ? text : "-");
        }
        gap = " ";
    }
    (void)puts("");
}

// --- pages ----------------------------------------------------------------

static json_t *question_of(const struct list *list, json_int_t after) {
    json_t *question = json_pack("{s:s}", "command", list->name);
    uint64_t left = list->limit > 0 ? list->limit - list->count : ADMIN_PAGE;
    if (!list->filter) {
        return question;
    }
    if (list->wanted
            && json_object_set_new(
                       question, list->filter, json_string(list->wanted))
                    != 0) {
        (void)fprintf(stderr, "nexusctl: %s must be UTF-8\n", list->filter);
        json_decref(question);
        return NULL;
    }
    (void)json_object_set_new(question, "after", json_integer(after));
    (void)json_object_set_new(question, "limit",
            json_integer((json_int_t)(left < ADMIN_PAGE ? left : ADMIN_PAGE)));
    return question;
}

static void take_page(struct list *list, const json_t *page) {
    json_t *items = json_object_get(page, list->name);
    size_t i;
    json_t *item;
    json_array_foreach(items, i, item) {
        if (list->all) {
            (void)json_array_append(list->all, item);
        } else {
            print_item(list->columns, item);
        }
        list->count++;
    }
    list->total = json_integer_value(json_object_get(page, "total"));
    json_t *quarantine = json_object_get(page, "quarantine");
    if (quarantine && !list->quarantine) {
        list->quarantine = json_incref(quarantine);
    }
}

static void print_quarantine(const json_t *quarantine) {
    size_t i;
    const json_t *item;
    json_array_foreach(quarantine, i, item) {
        const char *name = json_string_value(json_object_get(item, "name"));
        const char *signal = json_string_value(json_object_get(item, "signal"));
        const char *callback =
                json_string_value(json_object_get(item, "callback"));
        const char *event = json_string_value(json_object_get(item, "event"));
        (void)printf("%s is left out: it has crashed the server, last with %s "
                     "in %s%s%s; nexusctl plugin release %s\n",
                name, signal, callback, event && *event ? " of " : "", event,
                name);
    }
}

static int ask_pages(struct list *list, struct link *link) {
    json_int_t after = 0;
    do {
        json_t *question = question_of(list, after);
        json_t *page = question ? link_ask(link, question) : NULL;
        if (!page) {
            return question ? link->code : CTL_EXIT_USAGE;
        }
        if (!list->all && after == 0) {
            print_titles(list->columns);
        }
        take_page(list, page);
        after = json_integer_value(json_object_get(page, "next"));
        json_decref(page);
    } while (after > 0 && (list->limit == 0 || list->count < list->limit));
    return EXIT_SUCCESS;
}

static int finish(const struct list *list, int code) {
    if (code != EXIT_SUCCESS) {
        json_decref(list->all);
        json_decref(list->quarantine);
        return code;
    }
    if (list->all) {
        return print_json(json_pack("{s:o, s:I, s:o*}", list->name, list->all,
                "total", list->total, "quarantine", list->quarantine));
    }
    print_quarantine(list->quarantine);
    json_decref(list->quarantine);
    if (list->limit > 0 && list->count < (uint64_t)list->total) {
        (void)printf("%" PRIu64 " of %" JSON_INTEGER_FORMAT "\n", list->count,
                list->total);
    }
    return EXIT_SUCCESS;
}

static int show(struct list *list, const struct ctl_options *options) {
    struct link link;
    int code = CTL_EXIT_FAILURE;
    list->limit = options->limit;
    list->all = options->json ? json_array() : NULL;
    if (link_open(&link, options)) {
        code = ask_pages(list, &link);
    }
    link_close(&link);
    return finish(list, code);
}

// --- the lists ------------------------------------------------------------

int lists_sessions(const struct ctl_options *options) {
    static const struct column columns[] = {
            {"SESSION", "session", -8},
            {"USER", "user", -20},
            {"DEVICE", "device", -16},
            {"ADDRESS", "address", -15},
            {"STATE", "state", -8},
            {"SECONDS", "connected_seconds", 8},
            {"IDLE", "idle_seconds", 6},
            {"ROOMS", "rooms", 5},
            {"QUEUED", "queued_bytes", 8},
            {NULL, NULL, 0},
    };
    struct list list = {.name = "sessions",
            .columns = columns,
            .filter = "user",
            .wanted = options->user};
    return show(&list, options);
}

int lists_rooms(const struct ctl_options *options) {
    static const struct column columns[] = {
            {"ROOM", "room", -40},
            {"MEMBERS", "members", 8},
            {"USERS", "users", 8},
            {"OFFSET", "offset", 10},
            {NULL, NULL, 0},
    };
    struct list list = {.name = "rooms",
            .columns = columns,
            .filter = "prefix",
            .wanted = options->prefix};
    return show(&list, options);
}

int lists_plugins(const struct ctl_options *options) {
    static const struct column columns[] = {
            {"PLUGIN", "name", -16},
            {"ID", "id", -20},
            {"VERSION", "version", -8},
            {"CALLS", "calls", 10},
            {"BUSY_MS", "busy_ms", 8},
            {"SLOW", "slow_calls", 5},
            {"MISUSES", "misuses", 7},
            {"PATH", "path", -1},
            {NULL, NULL, 0},
    };
    struct list list = {.name = "plugins", .columns = columns};
    return show(&list, options);
}
