#include "kernel/core/handover.h"

#include "kernel/core/lifecycle.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

// A plugin whose two callbacks the test decides about.
struct subject {
    struct plugin_fixture f;
    struct nx_plugin base;
    struct nx_plugin_info info;
    struct nx_plugin_entry entry;
    struct plugin *plugin;
    struct lifecycle_error error;
    struct handover handover;
    size_t chunk;     // save_state() writes so much at a time
    size_t bytes;     // in all
    nx_status answer; // of save_state()
    bool deaf;        // does not look at what write() says
    size_t reads;     // of start(): calls, and what came
    size_t got;
    bool intact;
    bool asked;       // start() had something to read
    uint32_t version; // of that
    uint64_t total;
};

static unsigned char byte_at(size_t i) {
    return (unsigned char)(i * 7 + i / 256);
}

static nx_status on_save(
        const struct nx_plugin *base, const struct nx_state_writer *writer) {
    const struct subject *s = base->self;
    unsigned char chunk[512];
    for (size_t done = 0; done < s->bytes;) {
        size_t len = s->bytes - done < s->chunk ? s->bytes - done : s->chunk;
        for (size_t i = 0; i < len; i++) {
            chunk[i] = byte_at(done + i);
        }
        nx_status status = writer->write(writer, chunk, len);
        if (status != NX_OK && !s->deaf) {
            return status;
        }
        done += len;
    }
    return s->answer;
}

static nx_status on_start(
        struct nx_plugin *base, const struct nx_state_reader *prev) {
    struct subject *s = base->self;
    unsigned char part[256];
    size_t len = 1;
    s->asked = prev != NULL;
    s->intact = true;
    s->got = 0;
    if (!prev) {
        return NX_OK;
    }
    s->version = prev->state_version;
    s->total = prev->total;
    while (len > 0) {
        len = prev->read(prev, part, sizeof(part));
        for (size_t i = 0; i < len; i++) {
            s->intact &= part[i] == byte_at(s->got + i);
        }
        s->got += len;
        s->reads++;
    }
    return NX_OK;
}

static void on_destroy(struct nx_plugin *base) {
}

static nx_status on_create(const struct nx_host *host, struct nx_plugin **out) {
    return NX_ERR_IO; // the test has an instance already
}

static void init(struct subject *s, size_t max_bytes) {
    memset(s, 0, sizeof(*s));
    plugin_fixture_init(&s->f, "");
    s->info = (struct nx_plugin_info){.struct_size = sizeof(s->info),
            .state_version = 4,
            .state_version_min = 2,
            .id = "subject",
            .version = "1.0.0"};
    s->entry = (struct nx_plugin_entry){.magic = NX_PLUGIN_MAGIC,
            .struct_size = sizeof(s->entry),
            .abi_major = NX_ABI_MAJOR,
            .info = &s->info,
            .create = on_create};
    s->base = (struct nx_plugin){.struct_size = sizeof(s->base),
            .self = s,
            .start = on_start,
            .save_state = on_save,
            .destroy = on_destroy};
    s->plugin = plugin_create(s->f.core, "subject", "", &s->entry);
    assert_non_null(s->plugin);
    s->plugin->instance = &s->base;
    lifecycle_error_init(&s->error);
    handover_init(&s->handover, max_bytes);
    s->chunk = 100;
}

static void finish(struct subject *s) {
    handover_finish(&s->handover);
    lifecycle_error_finish(&s->error);
    plugin_destroy(s->plugin);
    plugin_fixture_finish(&s->f);
}

static bool save(struct subject *s) {
    return handover_save(&s->handover, s->plugin, &s->error);
}

static bool start(struct subject *s) {
    return handover_start(&s->handover, s->plugin, &s->error);
}

static void hands_over_every_byte(void **state) {
    struct subject s;
    init(&s, 100000);
    s.bytes = 5001;
    assert_true(save(&s));
    assert_int_equal(s.handover.version, 4);
    // It can be given more than once: a start may fail.
    for (int i = 0; i < 2; i++) {
        s.reads = 0;
        assert_true(start(&s));
        assert_true(s.asked && s.intact);
        assert_int_equal(s.got, 5001);
        assert_int_equal(s.total, 5001);
        assert_int_equal(s.version, 4);
        assert_true(s.reads > 5001 / 256 + 1); // short reads are normal
    }
    finish(&s);
}

static void a_state_of_nothing_is_a_state(void **state) {
    struct subject s;
    init(&s, 100);
    assert_true(save(&s));
    assert_true(start(&s));
    assert_true(s.asked);
    assert_int_equal(s.got, 0);
    finish(&s);
}

static void begins_afresh_without_a_state(void **state) {
    struct subject s;
    init(&s, 100);
    s.base.save_state = NULL;
    assert_true(save(&s));
    assert_int_equal(s.handover.version, 0);
    assert_true(start(&s));
    assert_false(s.asked);
    assert_true(handover_start(NULL, s.plugin, &s.error));
    assert_false(s.asked);
    // One that has a state by its code, but no format.
    s.base.save_state = on_save;
    s.info.state_version = 0;
    s.bytes = 10;
    assert_true(save(&s));
    assert_int_equal(s.handover.bytes.len, 0);
    finish(&s);
}

static void refuses_more_than_its_limit(void **state) {
    struct subject s;
    init(&s, 1000);
    s.bytes = 1001;
    assert_false(save(&s));
    assert_non_null(strstr(s.error.reason, "limit_exceeded"));
    assert_non_null(strstr(s.error.reason, "(reload.state_bytes)"));
    finish(&s);
    // Also of one that does not care.
    init(&s, 1000);
    s.bytes = 1001;
    s.deaf = true;
    assert_false(save(&s));
    assert_non_null(strstr(s.error.reason, "(reload.state_bytes)"));
    assert_int_equal(s.handover.version, 0);
    finish(&s);
    init(&s, 1000);
    s.bytes = 1000;
    assert_true(save(&s));
    finish(&s);
}

static void a_failing_save_has_no_state(void **state) {
    struct subject s;
    init(&s, 1000);
    s.bytes = 10;
    s.answer = NX_ERR_IO;
    assert_false(save(&s));
    assert_non_null(strstr(s.error.reason, "its save_state() failed with io"));
    assert_int_equal(s.handover.version, 0);
    finish(&s);
}

static void reads_formats_from_its_oldest_to_its_own(void **state) {
    struct subject s;
    init(&s, 1000);
    assert_true(handover_readable(&s.info, 0, &s.error));
    assert_false(handover_readable(&s.info, 1, &s.error));
    assert_non_null(strstr(s.error.reason,
            "it reads state of the formats 2 to 4, and that of the instance "
            "before it has format 1"));
    assert_true(handover_readable(&s.info, 2, &s.error));
    assert_true(handover_readable(&s.info, 4, &s.error));
    assert_false(handover_readable(&s.info, 5, &s.error));
    s.info.state_version = 0; // and what keeps none reads none
    assert_true(handover_readable(&s.info, 5, &s.error));
    finish(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(hands_over_every_byte),
            cmocka_unit_test(a_state_of_nothing_is_a_state),
            cmocka_unit_test(begins_afresh_without_a_state),
            cmocka_unit_test(refuses_more_than_its_limit),
            cmocka_unit_test(a_failing_save_has_no_state),
            cmocka_unit_test(reads_formats_from_its_oldest_to_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
