#include "kernel/core/crash_notes.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "kernel/core/crash.h"
#include "tests/support/prng.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

#define NOTE sizeof(struct crash_note)

static void path_of(const struct plugin_fixture *f, char out[64]) {
    (void)snprintf(out, 64, "%s/" CRASH_NOTES_FILE, f->dir);
}

static struct crash_note note_of(const char *name, uint32_t kind) {
    struct crash_note note = {.kind = kind, .signo = 11, .at_ms = 5};
    (void)snprintf(note.name, sizeof(note.name), "%s", name);
    return note;
}

static size_t count_of(const struct crash_notes *notes, const char *name) {
    size_t count = 0;
    for (size_t i = 0; i < CRASH_NOTES_MAX; i++) {
        const struct crash_note *note = crash_notes_get(notes, i);
        count += note && strcmp(note->name, name) == 0 ? 1 : 0;
    }
    return count;
}

static void remembers_until_it_is_told_to_forget(void **state) {
    struct plugin_fixture f;
    plugin_fixture_init_files(&f);
    struct crash_note chat = note_of("chat", CRASH_NOTE_CRASH);
    struct crash_note docs = note_of("docs", CRASH_NOTE_QUARANTINE);
    struct crash_notes *notes = crash_notes_open(f.dir);
    assert_true(crash_notes_add(notes, &chat));
    assert_true(crash_notes_add(notes, &docs));
    crash_notes_close(notes);
    notes = crash_notes_open(f.dir);
    assert_int_equal(count_of(notes, "chat"), 1);
    assert_int_equal(count_of(notes, "docs"), 1);
    assert_int_equal(crash_notes_forget(notes, "chat"), 1);
    crash_notes_close(notes);
    notes = crash_notes_open(f.dir);
    assert_int_equal(count_of(notes, "chat"), 0);
    assert_int_equal(count_of(notes, "docs"), 1);
    crash_notes_close(notes);
    plugin_fixture_finish(&f);
}

static void drops_the_oldest_crash_when_it_is_full(void **state) {
    struct plugin_fixture f;
    struct stat info;
    char path[64];
    plugin_fixture_init_files(&f);
    path_of(&f, path);
    struct crash_notes *notes = crash_notes_open(f.dir);
    struct crash_note kept = note_of("kept", CRASH_NOTE_QUARANTINE);
    struct crash_note oldest = note_of("oldest", CRASH_NOTE_CRASH);
    assert_true(crash_notes_add(notes, &kept));
    assert_true(crash_notes_add(notes, &oldest));
    for (size_t i = 0; i < CRASH_NOTES_MAX - 1; i++) {
        struct crash_note note = note_of("chat", CRASH_NOTE_CRASH);
        assert_true(crash_notes_add(notes, &note));
    }
    assert_int_equal(count_of(notes, "kept"), 1);
    assert_int_equal(count_of(notes, "oldest"), 0);
    assert_int_equal(count_of(notes, "chat"), CRASH_NOTES_MAX - 1);
    crash_notes_close(notes);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, CRASH_NOTES_MAX * NOTE);
    plugin_fixture_finish(&f);
}

// Whatever a power cut leaves of a sector is a good note or none.
static void takes_no_note_that_was_torn(void **state) {
    struct plugin_fixture f;
    char path[64];
    uint64_t prng = 28;
    struct crash_note note = note_of("chat", CRASH_NOTE_CRASH);
    plugin_fixture_init_files(&f);
    path_of(&f, path);
    crash_notes_close(crash_notes_open(f.dir));
    note.seq = 7;
    crash_note_seal(&note);
    for (size_t len = 1; len < NOTE; len += 1 + prng_below(&prng, 9)) {
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, &note, len, 0), len);
        (void)close(fd);
        struct crash_notes *notes = crash_notes_open(f.dir);
        assert_int_equal(count_of(notes, "chat"), 0);
        crash_notes_close(notes);
    }
    plugin_fixture_expect_log(&f, "damaged notes of crashes are ignored");
    plugin_fixture_finish(&f);
}

static void takes_no_note_with_a_flipped_bit(void **state) {
    struct crash_note note = note_of("chat", CRASH_NOTE_CRASH);
    crash_note_seal(&note);
    assert_true(crash_note_good(&note));
    unsigned char *bytes = (unsigned char *)&note;
    for (size_t i = 0; i < NOTE * 8; i++) {
        bytes[i / 8] ^= (unsigned char)(1u << (i % 8));
        assert_false(crash_note_good(&note));
        bytes[i / 8] ^= (unsigned char)(1u << (i % 8));
    }
}

static void takes_no_text_without_an_end(void **state) {
    struct crash_note note = note_of("chat", CRASH_NOTE_CRASH);
    memset(note.event, 'x', sizeof(note.event));
    crash_note_seal(&note);
    assert_false(crash_note_good(&note));
}

// Half a file, as a disk that was full at the start of an earlier run leaves.
static void completes_a_short_file(void **state) {
    struct plugin_fixture f;
    char path[64];
    plugin_fixture_init_files(&f);
    path_of(&f, path);
    struct crash_note chat = note_of("chat", CRASH_NOTE_CRASH);
    struct crash_notes *notes = crash_notes_open(f.dir);
    assert_true(crash_notes_add(notes, &chat));
    crash_notes_close(notes);
    assert_int_equal(truncate(path, 3 * NOTE + 100), 0);
    notes = crash_notes_open(f.dir);
    assert_int_equal(count_of(notes, "chat"), 1);
    crash_notes_close(notes);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, CRASH_NOTES_MAX * NOTE);
    plugin_fixture_finish(&f);
}

static void does_without_a_file_it_cannot_have(void **state) {
    struct plugin_fixture f;
    char path[64];
    plugin_fixture_init_files(&f);
    path_of(&f, path);
    assert_null(crash_notes_open("/dev/null"));
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(crash_notes_open(f.dir));
    plugin_fixture_expect_log(&f, "crashes will not be remembered");
    plugin_fixture_finish(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(remembers_until_it_is_told_to_forget),
            cmocka_unit_test(drops_the_oldest_crash_when_it_is_full),
            cmocka_unit_test(takes_no_note_that_was_torn),
            cmocka_unit_test(takes_no_note_with_a_flipped_bit),
            cmocka_unit_test(takes_no_text_without_an_end),
            cmocka_unit_test(completes_a_short_file),
            cmocka_unit_test(does_without_a_file_it_cannot_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
