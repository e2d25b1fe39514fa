#include "kernel/core/settings_doc.h"

#include <string.h>

#include "kernel/core/setting.h"
#include "kernel/core/settings_store.h"
#include "tests/support/settings_case.h"

// Freed by the caller.
static char *written(void (*write)(FILE *out)) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    write(out);
    assert_int_equal(0, fclose(out));
    return text;
}

static void writes_a_file_that_changes_nothing(void **state) {
    char *text = written(settings_write_conf);
    struct settings_case c;
    settings_case_init(&c, text, NULL, NULL);
    settings_case_expect_none(&c);
    for (size_t i = 0; i < setting_count(); i++) {
        assert_string_equal(
                "default", settings_origin(c.settings, setting_row(i)->path));
    }
    assert_int_equal(4, settings_plugin_count(c.settings));
    assert_string_equal("store", settings_plugin(c.settings, 0)->name);
    assert_string_equal("chat", settings_plugin(c.settings, 1)->name);
    assert_string_equal("presence", settings_plugin(c.settings, 2)->name);
    assert_string_equal("notify", settings_plugin(c.settings, 3)->name);
    free(text);
    settings_case_finish(&c);
}

// Takes the # away from every "#name = value;" and leaves comments.
static void activate(char *text) {
    for (char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n' ? 1 : 0;
        char *mark = line + strspn(line, " ");
        if (mark[0] == '#' && mark[1] >= 'a' && mark[1] <= 'z') {
            *mark = ' ';
        }
    }
}

static void holds_every_setting_with_its_default(void **state) {
    char *text = written(settings_write_conf);
    activate(text);
    struct settings_case c;
    struct settings_case plain;
    settings_case_init(&c, text, NULL, NULL);
    settings_case_expect_none(&c);
    settings_case_init(&plain, NULL, NULL, NULL);
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        struct setting_value left;
        struct setting_value right;
        const char *origin = settings_origin(c.settings, row->path);
        assert_memory_equal("nexus.conf:", origin, 11);
        settings_value(c.settings, row, &left);
        settings_value(plain.settings, row, &right);
        assert_int_equal(left.number, right.number);
        assert_string_equal(left.text == NULL ? "" : left.text,
                right.text == NULL ? "" : right.text);
    }
    free(text);
    settings_case_finish(&c);
    settings_case_finish(&plain);
}

static void keeps_its_lines_short(void **state) {
    char *text = written(settings_write_conf);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        assert_in_range(len, 0, 80);
        line += len + 1;
    }
    free(text);
}

static void documents_every_setting(void **state) {
    char *text = written(settings_write_markdown);
    for (size_t i = 0; i < setting_count(); i++) {
        const struct setting *row = setting_row(i);
        char cell[SETTING_PATH_MAX];
        (void)snprintf(cell, sizeof(cell), "| `%s` |", row->path);
        assert_non_null(strstr(text, cell));
        assert_non_null(strstr(text, row->help));
    }
    assert_non_null(strstr(text, "`debug`, `info`, `warn`, `error`"));
    free(text);
}

static void gives_every_row_of_a_table_as_many_cells(void **state) {
    char *text = written(settings_write_markdown);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        size_t bars = 0;
        for (size_t i = 0; i < len; i++) {
            bars += line[i] == '|' ? 1 : 0;
        }
        assert_true(bars == 0 || bars == 7 || bars == 3);
        line += len + 1;
    }
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
            cmocka_unit_test(writes_a_file_that_changes_nothing),
            cmocka_unit_test(holds_every_setting_with_its_default),
            cmocka_unit_test(keeps_its_lines_short),
            cmocka_unit_test(documents_every_setting),
            cmocka_unit_test(gives_every_row_of_a_table_as_many_cells),
    };
    return cmocka_run_group_tests(
            tests, settings_case_enter, settings_case_leave);
}
