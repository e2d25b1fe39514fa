#include "kernel/core/loader.h"

#include <elf.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <nexus/plugin.h>

#include "kernel/core/image_file.h"
#include "tests/unit/kernel/core/plugin_fixture.h"

static struct loader *begin(struct plugin_fixture *f) {
    plugin_fixture_init_files(f);
    struct loader *loader = loader_create();
    assert_non_null(loader);
    if (!loader_set_dirs(loader, f->plugins, f->images)) {
        fail_msg("%s", loader_reason(loader));
    }
    return loader;
}

static void end(struct plugin_fixture *f, struct loader *loader) {
    loader_destroy(loader);
    plugin_fixture_finish(f);
}

static void expect_refusal(struct loader *loader,
        const struct plugin_entry *entry, const char *reason) {
    assert_null(loader_open(loader, entry));
    if (!strstr(loader_reason(loader), reason)) {
        fail_msg("expected: %s\ngot: %s", reason, loader_reason(loader));
    }
}

// Writes a file into the test's folder and returns an entry that names it.
static struct plugin_entry write_file(
        struct plugin_fixture *f, char *path, const void *data, size_t len) {
    (void)snprintf(path, 64, "%s/made.so", f->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return (struct plugin_entry){.name = "made", .path = path};
}

// The bytes of a test plugin, freed by the caller.
static char *read_plugin(
        const struct plugin_fixture *f, const char *name, size_t *len) {
    char path[PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s/%s.so", f->plugins, name);
    assert_true(size > 0 && (size_t)size < sizeof(path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *data = malloc(1 << 20);
    assert_non_null(data);
    *len = fread(data, 1, 1 << 20, file);
    assert_int_equal(fclose(file), 0);
    assert_true(*len > 0 && *len < 1 << 20);
    return data;
}

static size_t count_copies(const struct plugin_fixture *f) {
    char pattern[80];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s/*.so", f->images);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    int status = glob(pattern, 0, NULL, &found);
    size_t count = status == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

static void maps_a_private_copy(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    const struct image *image =
            loader_open(loader, &(struct plugin_entry){.name = "probe"});
    assert_non_null(image);
    assert_string_equal(image->entry->info->id, "probe");
    assert_int_equal(strncmp(image->path, f.plugins, strlen(f.plugins)), 0);
    assert_int_equal(strncmp(image->copy, f.images, strlen(f.images)), 0);
    char expected[64];
    (void)snprintf(
            expected, sizeof(expected), "/1-%.12s-probe.so", image->sha256);
    assert_non_null(strstr(image->copy, expected));
    struct stat folder;
    assert_int_equal(stat(f.images, &folder), 0);
    assert_int_equal(folder.st_mode & 0777, 0700);
    end(&f, loader);
}

static void an_unchanged_file_maps_nothing_again(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    const struct plugin_entry entry = {.name = "probe"};
    const struct image *first = loader_open(loader, &entry);
    assert_non_null(first);
    assert_ptr_equal(loader_open(loader, &entry), first);
    assert_int_equal(loader_image_count(loader), 1);
    assert_int_equal(count_copies(&f), 1);
    end(&f, loader);
}

static void a_changed_file_is_another_image(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    size_t len;
    char path[64];
    char *data = read_plugin(&f, "probe", &len);
    struct plugin_entry entry = write_file(&f, path, data, len);
    const struct image *first = loader_open(loader, &entry);
    assert_non_null(first);
    free(data);
    data = read_plugin(&f, "slow", &len);
    (void)write_file(&f, path, data, len);
    free(data);
    const struct image *second = loader_open(loader, &entry);
    assert_non_null(second);
    // The first one is as it was: its file was never mapped itself.
    assert_string_equal(first->entry->info->id, "probe");
    assert_string_equal(second->entry->info->id, "slow");
    assert_int_equal(second->generation, 2);
    end(&f, loader);
}

// Gives a file a time of change that is long ago.
static void age(const char *path) {
    const struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void reads_what_has_only_just_changed(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    size_t len;
    char path[64];
    char *data = read_plugin(&f, "probe", &len);
    struct plugin_entry entry = write_file(&f, path, data, len);
    free(data);
    age(path);
    assert_non_null(loader_open(loader, &entry));
    // It changed less than a tick before it was read: the next change might
    // leave the same stamp.
    struct image_file file;
    image_file_init(&file);
    assert_true(loader_find(loader, &entry, &file));
    assert_true(image_file_unread(&file));
    assert_true(image_file_fetch(&file));
    assert_false(image_file_unread(&file));
    assert_null(file.copy); // the content is known
    assert_non_null(loader_map(loader, &file));
    image_file_finish(&file);
    assert_int_equal(count_copies(&f), 1);
    end(&f, loader);
}

static void knows_a_file_by_all_of_its_stamp(void **state) {
    struct plugin_stamp old;
    struct plugin_stamp now;
    assert_true(plugin_stamp_take("/proc/self/exe", &old));
    assert_true(plugin_stamp_take("/proc/self/exe", &now));
    old.telling = true;
    assert_true(plugin_stamp_same(&old, &now));
    old.telling = false;
    assert_false(plugin_stamp_same(&old, &now));
    int64_t *const members[] = {&old.size, &old.modified_ns, &old.changed_ns};
    old.telling = true;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        (*members[i])++;
        assert_false(plugin_stamp_same(&old, &now));
        (*members[i])--;
    }
    old.inode++;
    assert_false(plugin_stamp_same(&old, &now));
    old.inode--;
    old.device++;
    assert_false(plugin_stamp_same(&old, &now));
}

static void a_copy_that_is_not_mapped_goes(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    const struct plugin_entry entry = {.name = "probe"};
    struct image_file file;
    image_file_init(&file);
    assert_true(loader_find(loader, &entry, &file));
    assert_true(image_file_fetch(&file));
    assert_int_equal(count_copies(&f), 1);
    image_file_finish(&file);
    assert_int_equal(count_copies(&f), 0);
    assert_int_equal(loader_image_count(loader), 0);
    end(&f, loader);
}

static void looks_into_every_folder_of_the_list(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    char dirs[PATH_MAX + 64];
    (void)snprintf(dirs, sizeof(dirs), "/nowhere::%s:%s", f.dir, f.plugins);
    assert_true(loader_set_dirs(loader, dirs, f.images));
    assert_non_null(
            loader_open(loader, &(struct plugin_entry){.name = "probe"}));
    const struct plugin_entry relative = {.name = "a", .path = "slow.so"};
    const struct image *image = loader_open(loader, &relative);
    assert_non_null(image);
    assert_string_equal(image->entry->info->id, "slow");
    end(&f, loader);
}

static void says_where_it_looked(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    char reason[PATH_MAX + 64];
    (void)snprintf(
            reason, sizeof(reason), "there is no nothing.so in %s", f.plugins);
    expect_refusal(loader, &(struct plugin_entry){.name = "nothing"}, reason);
    const struct plugin_entry absolute = {
            .name = "nothing", .path = "/nowhere/nothing.so"};
    expect_refusal(loader, &absolute,
            "nothing.so cannot be read: No such file or directory");
    const struct plugin_entry folder = {.name = "folder", .path = f.dir};
    expect_refusal(loader, &folder, "is not a file");
    char pipe[PATH_MAX]; // that nobody writes to
    (void)snprintf(pipe, sizeof(pipe), "%s/pipe.so", f.dir);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    expect_refusal(loader, &(struct plugin_entry){.name = "pipe", .path = pipe},
            "is not a file");
    end(&f, loader);
}

static void refuses_what_is_not_a_plugin_of_this_server(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    expect_refusal(loader, &(struct plugin_entry){.name = "bad_abi"},
            "bad_abi.so was built for plugin ABI 2, this server speaks 1; "
            "rebuild it with the SDK of this server");
    expect_refusal(loader, &(struct plugin_entry){.name = "bad_magic"},
            "bad_magic.so exports nexus_plugin_v1, but it does not begin with "
            "the mark of a plugin");
    // Asked again, the same answer comes without another mapping.
    expect_refusal(loader, &(struct plugin_entry){.name = "bad_abi"},
            "was built for plugin ABI 2");
    assert_int_equal(loader_image_count(loader), 2);
    end(&f, loader);
}

static void refuses_a_file_that_is_cut_short(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    size_t len;
    char path[64];
    char *data = read_plugin(&f, "probe", &len);
    static const size_t cuts[] = {1, 10, 1000, 4096};
    for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
        struct plugin_entry entry = write_file(&f, path, data, len - cuts[i]);
        expect_refusal(loader, &entry, "made.so is cut short");
    }
    for (size_t keep = 4; keep < 2000; keep += 97) {
        struct plugin_entry entry = write_file(&f, path, data, keep);
        expect_refusal(loader, &entry, "made.so is cut short");
    }
    struct plugin_entry entry = write_file(&f, path, data, 0);
    expect_refusal(loader, &entry, "made.so is empty");
    free(data);
    assert_int_equal(count_copies(&f), 0);
    end(&f, loader);
}

static void refuses_a_file_of_another_kind(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    size_t len;
    char path[64];
    struct plugin_entry entry = write_file(&f, path, "#!/bin/sh\n", 10);
    expect_refusal(loader, &entry, "is not a shared object but some other");
    char *data = read_plugin(&f, "probe", &len);
    Elf64_Ehdr header;
    memcpy(&header, data, sizeof(header));
    header.e_machine = EM_S390;
    memcpy(data, &header, sizeof(header));
    entry = write_file(&f, path, data, len);
    expect_refusal(loader, &entry, "was built for another kind of machine");
    memcpy(data + EI_CLASS, &(char){ELFCLASS32}, 1);
    entry = write_file(&f, path, data, len);
    expect_refusal(loader, &entry, "was built for another kind of machine");
    free(data);
    data = read_plugin(&f, "probe", &len);
    memcpy(&header, data, sizeof(header));
    header.e_type = ET_REL;
    memcpy(data, &header, sizeof(header));
    entry = write_file(&f, path, data, len);
    expect_refusal(loader, &entry, "is not a shared object; link it");
    free(data);
    end(&f, loader);
}

// libm is as good a shared object as any that is no plugin.
static void refuses_a_library_without_the_symbol(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    glob_t found;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
    if (glob("/lib/*/libm.so.6", 0, NULL, &found) == 0) {
        const struct plugin_entry entry = {
                .name = "maths", .path = found.gl_pathv[0]};
        expect_refusal(loader, &entry, "exports no nexus_plugin_v1");
        // It is old, and so not read again.
        struct image_file file;
        image_file_init(&file);
        assert_true(loader_find(loader, &entry, &file));
        assert_false(image_file_unread(&file));
        assert_null(loader_map(loader, &file));
        assert_non_null(strstr(file.why, "exports no nexus_plugin_v1"));
        image_file_finish(&file);
    }
    globfree(&found);
    end(&f, loader);
}

static void accepts_only_the_file_that_is_pinned(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    struct plugin_entry entry = {.name = "probe",
            .sha256 = "00000000000000000000000000000000"
                      "00000000000000000000000000000000"};
    expect_refusal(loader, &entry, "but the plugin list wants 0000");
    assert_int_equal(loader_image_count(loader), 0);
    size_t len;
    char *data = read_plugin(&f, "probe", &len);
    char sha256[SHA256_HEX_SIZE];
    sha256_hex(data, len, sha256);
    free(data);
    entry.sha256 = sha256;
    assert_non_null(loader_open(loader, &entry));
    end(&f, loader);
}

static void touch(const struct plugin_fixture *f, const char *name) {
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", f->images, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

static void sweeps_copies_and_nothing_else(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    static const char *const others[] = {"chat.so", "1-abc-chat.so",
            "x-0123456789ab-chat.so", "1-0123456789ab-chat.so.bak",
            "1-0123456789ab-.so", "1-0123456789ab-a b.so"};
    touch(&f, "1-0123456789ab-chat.so");
    touch(&f, "4711-ffffffffffff-my_own-plugin.so");
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        touch(&f, others[i]);
    }
    loader_sweep(loader);
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", f.images, others[0]);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(count_copies(&f), 5); // *.so
    end(&f, loader);
}

static void never_uses_a_name_twice(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    struct loader *second = loader_create();
    assert_true(loader_set_dirs(second, f.plugins, f.images));
    const struct plugin_entry entry = {.name = "probe"};
    const struct image *a = loader_open(loader, &entry);
    const struct image *b = loader_open(second, &entry);
    assert_non_null(a);
    assert_non_null(b);
    assert_string_not_equal(a->copy, b->copy);
    assert_ptr_not_equal(a->entry, b->entry);
    loader_remove_copies(second);
    assert_int_equal(count_copies(&f), 1);
    loader_destroy(second);
    end(&f, loader);
}

static void refuses_a_folder_that_others_can_write_to(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    assert_int_equal(chmod(f.images, 0770), 0);
    assert_false(loader_set_dirs(loader, f.plugins, f.images));
    assert_non_null(strstr(loader_reason(loader), "run chmod go-w on it"));
    assert_int_equal(chmod(f.images, 0700), 0);
    char path[128];
    touch(&f, "file");
    (void)snprintf(path, sizeof(path), "%s/file", f.images);
    assert_false(loader_set_dirs(loader, f.plugins, path));
    assert_non_null(strstr(loader_reason(loader), "is not a folder"));
    (void)snprintf(path, sizeof(path), "%s/file/deeper", f.images);
    assert_false(loader_set_dirs(loader, f.plugins, path));
    assert_non_null(strstr(loader_reason(loader), "cannot be created"));
    // The folders it had are still in use.
    assert_non_null(
            loader_open(loader, &(struct plugin_entry){.name = "probe"}));
    end(&f, loader);
}

static void names_the_setting_when_nothing_may_be_mapped(void **state) {
    struct plugin_fixture f;
    struct loader *loader = begin(&f);
    char path[] = "/dev/shm/nexus-test-XXXXXX";
    struct statvfs info;
    if (statvfs("/dev/shm", &info) != 0 || (info.f_flag & ST_NOEXEC) == 0
            || !mkdtemp(path)) {
        end(&f, loader);
        skip();
    }
    assert_true(loader_set_dirs(loader, f.plugins, path));
    expect_refusal(loader, &(struct plugin_entry){.name = "probe"},
            "(noexec); set image_dir to a folder elsewhere");
    assert_int_equal(rmdir(path), 0);
    end(&f, loader);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(maps_a_private_copy),
            cmocka_unit_test(an_unchanged_file_maps_nothing_again),
            cmocka_unit_test(a_changed_file_is_another_image),
            cmocka_unit_test(reads_what_has_only_just_changed),
            cmocka_unit_test(knows_a_file_by_all_of_its_stamp),
            cmocka_unit_test(a_copy_that_is_not_mapped_goes),
            cmocka_unit_test(looks_into_every_folder_of_the_list),
            cmocka_unit_test(says_where_it_looked),
            cmocka_unit_test(refuses_what_is_not_a_plugin_of_this_server),
            cmocka_unit_test(refuses_a_file_that_is_cut_short),
            cmocka_unit_test(refuses_a_file_of_another_kind),
            cmocka_unit_test(refuses_a_library_without_the_symbol),
            cmocka_unit_test(accepts_only_the_file_that_is_pinned),
            cmocka_unit_test(sweeps_copies_and_nothing_else),
            cmocka_unit_test(never_uses_a_name_twice),
            cmocka_unit_test(refuses_a_folder_that_others_can_write_to),
            cmocka_unit_test(names_the_setting_when_nothing_may_be_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
