// observe - what happens, one line for each.

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "audit.h"

// "2026-01-31T12:00:00.000Z"
static void put_time(const struct nx_sdk *sdk, struct nx_writer *line) {
    int64_t ms = sdk->timers->wall_ms(sdk->host);
    time_t seconds = (time_t)(ms / 1000);
    char text[32];
    char whole[48];
    struct tm parts;
    if (gmtime_r(&seconds, &parts)
            && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts) > 0) {
        (void)snprintf(
                whole, sizeof(whole), "%s.%03dZ", text, (int)(ms % 1000));
        sdk->json->put_str(line, "time", nx_str_c(whole));
    }
}

static struct nx_writer *begin(const struct audit *audit, const char *what,
        nx_session_id session, struct nx_str user) {
    const struct nx_sdk *sdk = &audit->sdk;
    struct nx_writer *line = sdk->json->object(sdk->host);
    if (line) {
        put_time(sdk, line);
        sdk->json->put_str(line, "what", nx_str_c(what));
        sdk->json->put_u64(line, "session", session);
        sdk->json->put_str(line, "user_id", user);
    }
    return line;
}

// Whether the type is in a list such as "ping,pong".
static bool is_listed(const char *list, struct nx_str type) {
    while (*list != '\0') {
        list += strspn(list, ", ");
        size_t len = strcspn(list, ", ");
        if (len > 0 && nx_str_eq(type, nx_str_n(list, len))) {
            return true;
        }
        list += len;
    }
    return false;
}

static int32_t on_event(void *user, const struct nx_event *ev) {
    struct audit *audit = user;
    const struct nx_json_v1 *json = audit->sdk.json;
    if (is_listed(audit->skip, ev->type)) {
        return NX_DONE;
    }
    struct nx_writer *line = begin(audit, "event", ev->session, ev->user);
    if (line) {
        json->put_str(line, "event_type", ev->type);
        json->put_u64(line, "bytes", ev->raw.len);
    }
    if (line && audit->content && ev->kind == NX_EVENT_JSON) {
        json->put_json(line, "event", ev->json);
    }
    audit_add(audit, line);
    return NX_DONE;
}

static void on_session(void *user, const struct nx_session_event *ev) {
    struct audit *audit = user;
    const struct nx_sdk *sdk = &audit->sdk;
    bool opened = ev->what == NX_SESSION_OPENED;
    struct nx_writer *line = begin(audit, opened ? "connected" : "disconnected",
            ev->session, ev->user);
    struct nx_session_info info = {.struct_size = sizeof(info)};
    if (line && !opened) {
        sdk->json->put_u64(line, "code", ev->close_code);
    } else if (line
            && sdk->users->session_info(sdk->host, ev->session, &info)
                    == NX_OK) {
        sdk->json->put_str(line, "address", info.address);
        sdk->json->put_str(line, "device_id", info.device);
        sdk->json->put_bool(line, "resumed", (int32_t)ev->resumed);
    }
    audit_add(audit, line);
}

static void on_member(void *user, const struct nx_member_event *ev) {
    struct audit *audit = user;
    struct nx_writer *line =
            begin(audit, ev->what == NX_MEMBER_JOINED ? "joined" : "left",
                    ev->session, ev->user);
    if (line) {
        audit->sdk.json->put_str(line, "room", ev->room_name);
    }
    audit_add(audit, line);
}

nx_status observe_all(struct audit *audit) {
    const struct nx_sdk *sdk = &audit->sdk;
    nx_status status = sdk->router->observe(sdk->host, "", on_event, audit);
    if (status == NX_OK) {
        status = sdk->router->on_session(sdk->host,
                NX_SESSION_OPENED | NX_SESSION_CLOSED, on_session, audit);
    }
    return status == NX_OK ? sdk->rooms->observe(sdk->host, on_member, audit)
                           : status;
}
