#include "plugins/presence/view.h"

#include <stdio.h>
#include <time.h>

#include "plugins/presence/attendance.h"
#include "plugins/presence/person.h"
#include "plugins/presence/presence.h"

#define TIME_SIZE 25 // "2026-01-31T12:00:00.123Z" and a NUL

// What is written of a person; absent texts and 0 are left out.
struct view {
    enum status status;
    struct nx_str message;
    struct nx_str location;
    int64_t last_seen;
};

static int64_t last_seen(const struct person *person) {
    if (!person->present || person_status(person) == STATUS_OFFLINE) {
        return person->last_seen;
    }
    return presence_wall(person->presence)
            - (int64_t)attendance_idle_ms(person);
}

static struct view view_of(const struct person *person) {
    struct view view = {
            .status = person_status(person),
            .last_seen = last_seen(person),
    };
    if (view.status != STATUS_OFFLINE) {
        view.message = choice_message(person->choice);
        view.location = choice_location(person->choice);
    }
    return view;
}

static void put_time(
        const struct nx_json_v1 *json, struct nx_writer *out, int64_t wall_ms) {
    char text[TIME_SIZE];
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc = {0};
    gmtime_r(&seconds, &utc);
    (void)snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
            (unsigned)(utc.tm_year + 1900) % 10000U,
            (unsigned)(utc.tm_mon + 1) % 100U, (unsigned)utc.tm_mday % 100U,
            (unsigned)utc.tm_hour % 100U, (unsigned)utc.tm_min % 100U,
            (unsigned)utc.tm_sec % 100U, (unsigned)(wall_ms % 1000) % 1000U);
    json->put_str(out, "last_seen", nx_str_c(text));
}

static void put(const struct nx_json_v1 *json, const struct view *view,
        struct nx_writer *out) {
    json->put_str(out, "status", nx_str_c(status_word(view->status)));
    if (view->message.len > 0) {
        json->put_str(out, "status_message", view->message);
    }
    if (view->location.len > 0) {
        json->put_str(out, "location", view->location);
    }
    if (view->last_seen > 0) {
        put_time(json, out, view->last_seen);
    }
}

void view_put(const struct person *person, struct nx_writer *out) {
    struct view view = view_of(person);
    put(person->presence->sdk.json, &view, out);
}

void view_put_short(const struct person *person, struct nx_writer *out) {
    struct view view = view_of(person);
    view.message = nx_str_none();
    view.location = nx_str_none();
    put(person->presence->sdk.json, &view, out);
}

void view_put_own(const struct person *person, struct nx_writer *out) {
    struct view view = view_of(person);
    if (choice_status(person->choice) == STATUS_INVISIBLE) {
        view.status = STATUS_INVISIBLE;
    }
    view.message = choice_message(person->choice);
    view.location = choice_location(person->choice);
    put(person->presence->sdk.json, &view, out);
}

void view_put_all(const struct person *person, struct nx_writer *out) {
    const struct nx_json_v1 *json = person->presence->sdk.json;
    struct view view = view_of(person);
    put(json, &view, out);
    if (view.message.len == 0) {
        json->put_null(out, "status_message");
    }
    if (view.location.len == 0) {
        json->put_null(out, "location");
    }
    if (view.last_seen <= 0) {
        json->put_null(out, "last_seen");
    }
}
