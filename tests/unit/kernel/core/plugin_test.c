#include "kernel/core/plugin.h"

#include <pthread.h>
#include <time.h>

#include "kernel/core/json_view.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

static const char *const prefixes[] = {"", "chat.", "notification", NULL};

static const struct nx_plugin_info info = {.struct_size = sizeof(info),
        .id = "tester",
        .version = "1.0.0",
        .prefixes = prefixes};

static const struct nx_plugin_entry entry = {.magic = NX_PLUGIN_MAGIC,
        .struct_size = sizeof(entry),
        .abi_major = NX_ABI_MAJOR,
        .info = &info};

static struct plugin *begin(struct plugin_fixture *f) {
    plugin_fixture_init(f, "callbacks = { slow_ms = 20; };");
    struct plugin *plugin = plugin_create(f->core, "tester", "", &entry);
    assert_non_null(plugin);
    plugin->phase = PHASE_RUNNING;
    return plugin;
}

static void end(struct plugin_fixture *f, struct plugin *plugin) {
    plugin_destroy(plugin);
    plugin_fixture_finish(f);
}

static void take_ms(long ms) {
    const struct timespec time = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&time, NULL);
}

static struct nx_str str(const char *text) {
    return nx_str_c(text);
}

static void its_host_leads_back_to_it(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    const struct nx_host *host = &plugin->host;
    assert_ptr_equal(plugin_of(host), plugin);
    assert_int_equal(host->struct_size, sizeof(*host));
    assert_int_equal(host->abi_major, NX_ABI_MAJOR);
    assert_non_null(host->server_version);
    assert_non_null(host->get_interface(host, "nexus.log", 1));
    assert_null(host->get_interface(host, "nexus.log", 2));
    end(&f, plugin);
}

static void counts_calls_and_time(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    f.core->settings->callbacks_slow_ms = 60000;
    plugin_enter(plugin, "event");
    assert_string_equal(plugin->callback, "event");
    take_ms(2);
    plugin_leave(plugin);
    assert_null(plugin->callback);
    assert_int_equal(plugin->calls, 1);
    assert_true(plugin->busy_ns >= 2000000);
    assert_int_equal(plugin->slow_calls, 0);
    plugin_enter(NULL, "event");
    plugin_leave(NULL);
    end(&f, plugin);
}

static void warns_of_a_slow_callback_once_a_second(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    for (int i = 0; i < 3; i++) {
        plugin_enter(plugin, "timer");
        take_ms(25);
        plugin_leave(plugin);
    }
    assert_int_equal(plugin->slow_calls, 3);
    assert_int_equal(f.core->stats->slow_callbacks, 3);
    assert_int_equal(plugin_fixture_count_log(&f, "a callback was slow"), 1);
    plugin_fixture_expect_log(&f, "plugin=tester callback=timer ms=");
    plugin_fixture_expect_log(&f, "limit_ms=20");
    // As if a second had passed.
    plugin->slow_said_ns -= INT64_C(1000000000);
    plugin_enter(plugin, "timer");
    take_ms(25);
    plugin_leave(plugin);
    assert_int_equal(plugin_fixture_count_log(&f, "a callback was slow"), 2);
    plugin_fixture_expect_log(&f, "slow_so_far=4");
    end(&f, plugin);
}

static void brackets_nest_as_a_stack(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    struct plugin *other = plugin_create(f.core, "other", "", &entry);
    plugin_enter(plugin, "event");
    struct nx_writer *own = writer_object(f.core->writers);
    plugin_enter(other, "on_member");
    (void)writer_object(f.core->writers);
    plugin_enter(plugin, "on_record");
    assert_string_equal(plugin->callback, "on_record");
    plugin_leave(plugin);
    assert_string_equal(plugin->callback, "event");
    plugin_leave(other);
    // Only what the inner one has opened is gone.
    assert_int_equal(writers_open_count(f.core->writers), 1);
    assert_int_equal(writer_status(own), NX_OK);
    assert_int_equal(other->misuses, 1);
    assert_int_equal(plugin->misuses, 0);
    writer_discard(own);
    plugin_leave(plugin);
    assert_int_equal(plugin->misuses, 0);
    assert_int_equal(plugin->calls, 2);
    plugin_destroy(other);
    end(&f, plugin);
}

static void survives_any_depth_of_brackets(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    for (int i = 0; i < 3 * PLUGIN_DEPTH_MAX; i++) {
        plugin_enter(plugin, "event");
    }
    for (int i = 0; i < 3 * PLUGIN_DEPTH_MAX; i++) {
        plugin_leave(plugin);
    }
    assert_int_equal(plugin->depth, 0);
    assert_int_equal(plugin->calls, PLUGIN_DEPTH_MAX);
    end(&f, plugin);
}

static void discards_writers_that_a_callback_left_open(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    struct nx_writer *kernels = writer_object(f.core->writers);
    plugin_enter(plugin, "event");
    (void)writer_object(f.core->writers);
    (void)writer_object(f.core->writers);
    plugin_leave(plugin);
    assert_int_equal(writers_open_count(f.core->writers), 1);
    assert_int_equal(plugin->misuses, 2);
    plugin_fixture_expect_log(&f,
            "a callback left writers open, a mistake of the plugin "
            "plugin=tester callback=event writers=2");
    writer_discard(kernels);
    end(&f, plugin);
}

static void may_call_only_in_the_phases_that_are_stated(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    static const uint32_t phases[] = {PHASE_CREATE, PHASE_CONFIGURE,
            PHASE_START, PHASE_RUNNING, PHASE_QUIESCED};
    for (size_t is = 0; is < 5; is++) {
        plugin->phase = phases[is];
        assert_int_equal(plugin_may(plugin, PHASE_ANY, "call"), NX_OK);
        for (size_t may = 0; may < 5; may++) {
            assert_int_equal(plugin_may(plugin, phases[may], "call"),
                    is == may ? NX_OK : NX_ERR_STATE);
        }
    }
    assert_int_equal(plugin_fixture_count_log(&f, "wrong phase"), 1);
    plugin_fixture_expect_log(&f,
            "a call in the wrong phase, a mistake of the plugin plugin=tester "
            "call=call phase=create");
    end(&f, plugin);
}

static void *ask_from_thread(void *arg) {
    struct plugin *plugin = arg;
    nx_status any = plugin_may_any(plugin, PHASE_RUNNING, "jobs.post");
    nx_status logic = plugin_may(plugin, PHASE_RUNNING, "send.to_room");
    return any == NX_OK && logic == NX_ERR_THREAD ? NULL : plugin;
}

static void may_call_most_things_from_the_logic_thread_only(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    pthread_t thread;
    void *failed = NULL;
    assert_int_equal(pthread_create(&thread, NULL, ask_from_thread, plugin), 0);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
    plugin_fixture_expect_log(&f,
            "a call from a wrong thread, a mistake of the plugin "
            "plugin=tester call=send.to_room");
    end(&f, plugin);
}

static void claims_only_what_its_info_covers(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    assert_true(plugin_may_claim(plugin, "chat."));
    assert_true(plugin_may_claim(plugin, "chat.message"));
    assert_true(plugin_may_claim(plugin, "chat.admin."));
    assert_true(plugin_may_claim(plugin, "notification"));
    assert_false(plugin_may_claim(plugin, "notification."));
    assert_false(plugin_may_claim(plugin, "notifications"));
    assert_false(plugin_may_claim(plugin, "chat"));
    assert_false(plugin_may_claim(plugin, "chatter."));
    assert_false(plugin_may_claim(plugin, "room."));

    struct nx_plugin_info observer = info;
    observer.flags = NX_PLUGIN_OBSERVER;
    struct nx_plugin_entry observing = entry;
    observing.info = &observer;
    plugin->entry = &observing;
    assert_false(plugin_may_claim(plugin, "chat."));
    end(&f, plugin);
}

static void what_it_parses_lives_until_the_callback_returns(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    char text[] = "{\"a\":[1,2,{\"b\":\"c\"}]}";
    const struct nx_json *root = NULL;
    plugin_enter(plugin, "event");
    plugin_enter(plugin, "on_member");
    assert_int_equal(plugin_parse(plugin, str(text), &root), NX_OK);
    plugin_leave(plugin);
    memset(text, 'x', sizeof(text) - 1); // it has a copy
    const struct nx_json *list = json_view_get(root, "a");
    assert_int_equal(json_view_count(list), 3);
    struct nx_str raw = writers_raw(f.core->writers, list);
    assert_int_equal(raw.len, strlen("[1,2,{\"b\":\"c\"}]"));
    assert_int_equal(plugin->docs.used_count, 1);
    plugin_leave(plugin);
    assert_int_equal(plugin->docs.used_count, 0);
    end(&f, plugin);
}

static void refuses_to_parse_nonsense_and_too_much(void **state) {
    struct plugin_fixture f;
    struct plugin *plugin = begin(&f);
    const struct nx_json *root = NULL;
    plugin_enter(plugin, "event");
    assert_int_equal(plugin_parse(plugin, str("{"), &root), NX_ERR_BAD_JSON);
    assert_null(root);
    for (size_t i = 0; i < PLUGIN_DOCS_MAX; i++) {
        assert_int_equal(plugin_parse(plugin, str("[1]"), &root), NX_OK);
    }
    assert_int_equal(plugin_parse(plugin, str("[1]"), &root), NX_ERR_LIMIT);
    plugin_leave(plugin);
    plugin_enter(plugin, "event");
    const struct nx_str huge = {"", PLUGIN_DOCS_BYTES + 1};
    assert_int_equal(plugin_parse(plugin, huge, &root), NX_ERR_LIMIT);
    assert_int_equal(plugin_parse(plugin, str("[1]"), &root), NX_OK);
    plugin_leave(plugin);
    end(&f, plugin);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(its_host_leads_back_to_it),
            cmocka_unit_test(counts_calls_and_time),
            cmocka_unit_test(warns_of_a_slow_callback_once_a_second),
            cmocka_unit_test(brackets_nest_as_a_stack),
            cmocka_unit_test(survives_any_depth_of_brackets),
            cmocka_unit_test(discards_writers_that_a_callback_left_open),
            cmocka_unit_test(may_call_only_in_the_phases_that_are_stated),
            cmocka_unit_test(may_call_most_things_from_the_logic_thread_only),
            cmocka_unit_test(claims_only_what_its_info_covers),
            cmocka_unit_test(what_it_parses_lives_until_the_callback_returns),
            cmocka_unit_test(refuses_to_parse_nonsense_and_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
