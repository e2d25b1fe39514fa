// Random use of several devices, with conflicts, failures, broken connections,
// reloads and restarts: the inbox and every unread count ever told are those
// of a model that is too simple to be wrong.
#include "tests/support/cmocka.h"
#include "tests/support/prng.h"
#include "tests/unit/plugins/notify/notify_case.h"

#define USERS     3
#define DEVICES   3
#define INBOX_MAX 8
#define STEPS     1500
#define SEEDS     4
#define SEQS_MAX  8192

static const char *const names[USERS] = {"alice", "bob", "carol"};
static const char *const priorities[] = {"low", "normal", "high", "urgent"};

struct item {
    char id[40];
    int64_t seq;
    int priority;
    bool read;
    int64_t expires_ms; // 0: never
};

struct device {
    nx_session_id session; // 0: none
    int64_t told;          // the last unread count, -1: none
    int64_t last_seq;      // of what is not urgent
    bool holds_pongs;
    bool got[SEQS_MAX];
};

struct user {
    struct item items[INBOX_MAX];
    size_t count;
    int64_t last_seq;
    bool reached[SEQS_MAX]; // by any device, ever
    struct device devices[DEVICES];
};

struct model {
    struct fake_host *host;
    bool fails; // the next thing that is stored
    uint64_t random;
    struct user users[USERS];
};

static uint32_t below(struct model *model, uint32_t bound) {
    return (uint32_t)prng_below(&model->random, bound);
}

// ---- the model ----

static void remove_item(struct user *user, size_t at) {
    user->count--;
    memmove(&user->items[at], &user->items[at + 1],
            (user->count - at) * sizeof(user->items[0]));
}

static void expire(struct user *user, int64_t now_ms) {
    for (size_t i = user->count; i > 0; i--) {
        int64_t at = user->items[i - 1].expires_ms;
        if (at != 0 && at <= now_ms) {
            remove_item(user, i - 1);
        }
    }
}

static int64_t unread_of(const struct user *user) {
    int64_t unread = 0;
    for (size_t i = 0; i < user->count; i++) {
        unread += user->items[i].read ? 0 : 1;
    }
    return unread;
}

static size_t worst_of(const struct user *user) {
    size_t worst = 0;
    for (size_t i = 1; i < user->count; i++) {
        if (user->items[i].priority < user->items[worst].priority) {
            worst = i;
        }
    }
    return worst;
}

// False when the new one is the one that has to go.
static bool add_item(struct user *user, const struct item *item) {
    if (user->count == INBOX_MAX) {
        size_t worst = worst_of(user);
        if (user->items[worst].priority > item->priority) {
            return false;
        }
        remove_item(user, worst);
    }
    user->items[user->count] = *item;
    user->items[user->count++].seq = ++user->last_seq;
    return true;
}

static struct item *some_item(struct model *model, struct user *user) {
    return user->count > 0 ? &user->items[below(model, (uint32_t)user->count)]
                           : NULL;
}

// ---- what devices see ----

static void see_notification(struct user *user, struct device *device,
        const struct fake_event *event) {
    int64_t seq = fake_event_i64(event, "seq");
    assert_in_range(seq, 1, SEQS_MAX - 1);
    assert_false(device->got[seq]);
    device->got[seq] = true;
    user->reached[seq] = true;
    if (!fake_event_is(event, "priority", "urgent")) {
        assert_true(seq > device->last_seq);
        device->last_seq = seq;
    }
}

static void look(
        struct model *model, struct user *user, struct device *device) {
    const struct fake_event *event;
    while ((event = fake_host_next(model->host, device->session)) != NULL) {
        if (strcmp(fake_event_type(event), "notification") == 0) {
            see_notification(user, device, event);
        }
        if (fake_event_has(event, "unread")) {
            device->told = fake_event_i64(event, "unread");
        }
    }
}

// All are told of every change, and in order.
static void look_at(
        struct model *model, struct user *user, struct device *device) {
    if (device->session != 0) {
        look(model, user, device);
    }
    if (device->session != 0 && device->told >= 0) {
        assert_int_equal(device->told, unread_of(user));
    }
}

static void look_all(struct model *model) {
    for (size_t u = 0; u < USERS; u++) {
        for (size_t d = 0; d < DEVICES; d++) {
            look_at(model, &model->users[u], &model->users[u].devices[d]);
        }
    }
}

static struct device *some_device(struct model *model, struct user *user) {
    size_t first = below(model, DEVICES);
    for (size_t i = 0; i < DEVICES; i++) {
        struct device *device = &user->devices[(first + i) % DEVICES];
        if (device->session != 0) {
            return device;
        }
    }
    return NULL;
}

static bool is_acked(
        struct model *model, struct user *user, struct device *device) {
    bool acked = false;
    bool answered = false;
    const struct fake_event *event;
    while ((event = fake_host_next(model->host, device->session)) != NULL) {
        const char *type = fake_event_type(event);
        if (strcmp(type, "notification") == 0) {
            see_notification(user, device, event);
        }
        if (fake_event_is(event, "ref", "r")) {
            answered = true;
            acked = strcmp(type, "ack") == 0;
        }
        if (fake_event_has(event, "unread")) {
            device->told = fake_event_i64(event, "unread");
        }
    }
    assert_true(answered);
    return acked;
}

static void compare(struct model *model, struct user *user) {
    struct device *device = some_device(model, user);
    char field[64];
    if (!device) {
        return;
    }
    const struct fake_event *list =
            notify_case_list(model->host, device->session, ",'limit':100");
    assert_int_equal(fake_event_count(list, "notifications"), user->count);
    assert_int_equal(fake_event_i64(list, "unread"), unread_of(user));
    assert_int_equal(fake_event_i64(list, "total"), user->count);
    for (size_t i = 0; i < user->count; i++) {
        const struct item *item = &user->items[user->count - 1 - i];
        (void)snprintf(field, sizeof(field), "notifications.%zu.seq", i);
        assert_int_equal(fake_event_i64(list, field), item->seq);
        (void)snprintf(field, sizeof(field), "notifications.%zu.read", i);
        assert_int_equal(fake_event_bool(list, field), item->read);
        (void)snprintf(
                field, sizeof(field), "notifications.%zu.notification_id", i);
        FAKE_ASSERT_STR(list, field, item->id);
    }
}

// ---- what happens ----

static void send(struct model *model, struct user *user, const char *name) {
    struct item item = {.priority = (int)below(model, 4)};
    char expires[64] = "";
    if (below(model, 3) == 0) {
        int64_t seconds = 1 + below(model, 30);
        item.expires_ms = fake_host_now_ms(model->host) + seconds * 1000 - 500;
        int64_t since = (item.expires_ms - FAKE_HOST_START_MS) / 1000;
        (void)snprintf(expires, sizeof(expires),
                ",'expires_at':'2026-01-31T%02d:%02d:%02d.500Z'",
                (int)(12 + since / 3600), (int)(since / 60 % 60),
                (int)(since % 60));
    }
    const struct fake_response *answer = notify_case_post(model->host,
            SEND_PATH,
            "{'user_id':'%s','title':'t','message':'m','priority':'%s'%s}",
            name, priorities[item.priority], expires);
    if (answer->status != 202) {
        assert_int_equal(answer->status, 503);
        return;
    }
    (void)snprintf(item.id, sizeof(item.id), "%s",
            fake_event_str(answer->json, "notification_id"));
    bool kept = add_item(user, &item);
    assert_int_equal(fake_event_i64(answer->json, "dropped"),
            kept ? FAKE_EVENT_NONE : 1);
}

static void mark_items(struct model *model, struct user *user, bool clears,
        const struct item *only) {
    (void)model;
    for (size_t i = user->count; i > 0; i--) {
        if (only && &user->items[i - 1] != only) {
            continue;
        }
        if (clears) {
            remove_item(user, i - 1);
        } else {
            user->items[i - 1].read = true;
        }
    }
}

static void mark(struct model *model, struct user *user) {
    struct device *device = some_device(model, user);
    bool clears = below(model, 3) == 0;
    bool all = below(model, 12) == 0;
    const struct item *item = some_item(model, user);
    if (!device || (!all && !item)) {
        return;
    }
    const char *type = clears ? "notification.clear" : "notification.read";
    if (all) {
        notify_case_send(model->host, device->session,
                "{'event_type':'%s','all':true,'ref':'r'}", type);
    } else if (below(model, 2) == 0) {
        notify_case_send(model->host, device->session,
                "{'event_type':'%s','notification_id':'%s','ref':'r'}", type,
                item->id);
    } else {
        notify_case_send(model->host, device->session,
                "{'event_type':'%s','notification_ids':['%s','no'],"
                "'ref':'r'}",
                type, item->id);
    }
    if (is_acked(model, user, device)) {
        mark_items(model, user, clears, all ? NULL : item);
    }
}

static void forget_device(struct device *device) {
    memset(device, 0, sizeof(*device));
    device->told = -1;
}

static void come_or_go(
        struct model *model, struct user *user, const char *name) {
    struct device *device = &user->devices[below(model, DEVICES)];
    if (device->session != 0) {
        look(model, user, device);
        fake_host_disconnect(
                model->host, device->session, below(model, 2) ? 1006 : 1000);
        forget_device(device);
        return;
    }
    forget_device(device);
    device->session = fake_host_connect(model->host, name);
}

static void hold_pongs(struct model *model, struct user *user) {
    struct device *device = some_device(model, user);
    if (device) {
        device->holds_pongs = !device->holds_pongs;
        fake_host_hold_pongs(model->host, device->session, device->holds_pongs);
    }
}

static void restart(struct model *model) {
    look_all(model);
    FAKE_ASSERT(model->host, fake_host_restart(model->host));
    for (size_t u = 0; u < USERS; u++) {
        for (size_t d = 0; d < DEVICES; d++) {
            forget_device(&model->users[u].devices[d]);
        }
    }
}

static void pass_time(struct model *model) {
    fake_host_advance(model->host, 1000 * (int64_t)(1 + below(model, 4)));
    for (size_t u = 0; u < USERS; u++) {
        expire(&model->users[u], fake_host_now_ms(model->host));
    }
}

static void trouble(struct model *model) {
    switch (below(model, 10)) {
    case 0:
        restart(model);
        break;
    case 1:
    case 2:
        FAKE_ASSERT(model->host, fake_host_reload(model->host));
        break;
    case 3:
        model->fails = true;
        fake_host_fail(model->host, FAKE_PUT, 1, NX_ERR_ENGINE_UNAVAILABLE);
        break;
    case 4:
        model->fails = true;
        fake_host_fail(model->host, FAKE_GET, 1, NX_ERR_ENGINE_UNAVAILABLE);
        break;
    default:
        fake_host_fail(
                model->host, FAKE_PUT, 1 + below(model, 4), NX_ERR_CONFLICT);
        break;
    }
}

static void clear_trouble(struct model *model) {
    model->fails = false;
    fake_host_fail(model->host, FAKE_PUT, 0, NX_OK);
    fake_host_fail(model->host, FAKE_GET, 0, NX_OK);
}

static void step(struct model *model) {
    size_t who = below(model, USERS);
    struct user *user = &model->users[who];
    // What expires while storage fails is told later.
    uint32_t what = below(model, model->fails ? 65 : 100);
    if (what < 35) {
        send(model, user, names[who]);
    } else if (what < 65) {
        mark(model, user);
    } else if (what < 77) {
        come_or_go(model, user, names[who]);
    } else if (what < 82) {
        hold_pongs(model, user);
    } else if (what < 92) {
        pass_time(model);
    } else {
        trouble(model);
        return;
    }
    clear_trouble(model);
}

// A device that comes when all is quiet brings what nobody has got.
static void assert_all_reached(struct model *model) {
    for (size_t u = 0; u < USERS; u++) {
        struct user *user = &model->users[u];
        struct device *device = &user->devices[0];
        if (device->session == 0) {
            forget_device(device);
            device->session = fake_host_connect(model->host, names[u]);
        }
        look(model, user, device);
        for (size_t i = 0; i < user->count; i++) {
            assert_true(
                    user->items[i].read || user->reached[user->items[i].seq]);
        }
    }
}

static struct model *model_create(uint64_t seed) {
    struct model *model = calloc(1, sizeof(*model));
    assert_non_null(model);
    model->random = seed;
    model->host = fake_host_create();
    fake_host_keep_log(model->host);
    fake_host_add(model->host, &nexus_plugin_v1_notify, "notify");
    fake_host_set(model->host, "plugins.notify.inbox_max=8");
    fake_host_set(model->host, "plugins.notify.calls_per_second=0");
    fake_host_set(model->host, "limits.messages_per_second=0");
    fake_host_set(model->host, "heartbeat.interval=3600");
    fake_host_set(model->host, "heartbeat.timeout=86400");
    for (size_t i = 0; i < (size_t)USERS * DEVICES; i++) {
        forget_device(&model->users[i / DEVICES].devices[i % DEVICES]);
    }
    FAKE_ASSERT(model->host, fake_host_start(model->host));
    return model;
}

static void step_and_check(struct model *model) {
    step(model);
    look_all(model);
    if (!model->fails) {
        compare(model, &model->users[below(model, USERS)]);
    }
}

static void agrees_with_its_model(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct model *model = model_create(seed);
        for (int i = 0; i < STEPS; i++) {
            step_and_check(model);
        }
        clear_trouble(model);
        assert_all_reached(model);
        fake_host_destroy(model->host);
        free(model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(agrees_with_its_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
