#include "kernel/ctl/plugin/plugin_new.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/core/descriptor.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/plugin/template.h"

#define PREFIX_MAX 32 // bytes, with its '.'
#define FILE_MAX   65536

#define NAME_RULE \
    "a name is a lower-case letter and up to 31 more lower-case letters, " \
    "digits, '_' and '-'"
#define PREFIX_RULE \
    "a prefix is a lower-case letter and up to 30 more lower-case letters, " \
    "digits and '_', then a '.'"

struct project {
    struct template_names names;
    char ident[DESCRIPTOR_ID_MAX + 1];
    char prefix[PREFIX_MAX + 1];
    char dir[PATH_MAX]; // absolute
    int folder;         // descriptor of dir
};

// --- names ----------------------------------------------------------------

static bool is_listed(const char *const *list, const char *word) {
    for (; *list; list++) {
        if (strcmp(*list, word) == 0) {
            return true;
        }
    }
    return false;
}

bool plugin_new_name_is_good(const char *name, const char **why) {
    // What CMake keeps for itself.
    static const char *const taken[] = {"all", "clean", "edit_cache", "help",
            "install", "package", "rebuild_cache", "test", NULL};
    size_t len = strlen(name);
    *why = NAME_RULE;
    if (len == 0 || len > DESCRIPTOR_ID_MAX || name[0] < 'a' || name[0] > 'z'
            || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len) {
        return false;
    }
    *why = "CMake has a target of this name of its own; choose another";
    return !is_listed(taken, name);
}

bool plugin_new_prefix_is_good(const char *prefix, const char **why) {
    static const char *const taken[] = {"system.", "room.", "connect.",
            "disconnect.", "ping.", "pong.", "ack.", "error.", NULL};
    size_t len = strlen(prefix);
    *why = PREFIX_RULE;
    if (len < 2 || len > PREFIX_MAX || prefix[0] < 'a' || prefix[0] > 'z'
            || prefix[len - 1] != '.'
            || strspn(prefix, "abcdefghijklmnopqrstuvwxyz0123456789_")
                    != len - 1) {
        return false;
    }
    *why = "these events are the server's own; choose another prefix";
    return !is_listed(taken, prefix);
}

static bool refuse(const char *what, const char *name, const char *why) {
    (void)fprintf(stderr, "nexusctl: the %s '%s' cannot be used: %s\n", what,
            name, why);
    return false;
}

static bool choose_prefix(
        struct project *project, const struct ctl_options *options) {
    const char *why = NULL;
    const char *given = options->prefix ? options->prefix : project->ident;
    size_t len = strlen(given);
    bool dotted = len > 0 && given[len - 1] == '.';
    int size = snprintf(project->prefix, sizeof(project->prefix), "%s%s", given,
            dotted ? "" : ".");
    if (size >= (int)sizeof(project->prefix)) {
        return refuse("prefix", given, PREFIX_RULE);
    }
    return plugin_new_prefix_is_good(project->prefix, &why)
            || refuse("prefix", project->prefix, why);
}

static bool choose_language(
        struct project *project, const struct ctl_options *options) {
    const char *lang = options->lang ? options->lang : "c";
    project->names.ext = lang;
    return strcmp(lang, "c") == 0 || strcmp(lang, "cpp") == 0
            || refuse("language", lang, "it is c or cpp");
}

static bool choose_names(
        struct project *project, const struct ctl_options *options) {
    const char *name = options->argument;
    const char *why = NULL;
    if (!plugin_new_name_is_good(name, &why)) {
        return refuse("name", name, why);
    }
    (void)snprintf(project->ident, sizeof(project->ident), "%s", name);
    for (char *c = project->ident; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    project->names.name = name;
    project->names.ident = project->ident;
    project->names.prefix = project->prefix;
    project->names.dir = project->dir;
    return choose_prefix(project, options) && choose_language(project, options);
}

// --- files ----------------------------------------------------------------

static bool complain(const char *what, const char *path) {
    char text[128];
    (void)fprintf(stderr, "nexusctl: cannot %s %s: %s\n", what, path,
            strerror_r(errno, text, sizeof(text)));
    return false;
}

static bool make_folder(struct project *project, const char *path) {
    if (mkdir(path, 0777) != 0) {
        if (errno == EEXIST) {
            (void)fprintf(stderr,
                    "nexusctl: %s exists already and is left as it is; choose "
                    "another folder with --dir\n",
                    path);
            return false;
        }
        return complain("make the folder", path);
    }
    project->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    char *whole = realpath(path, NULL);
    int len = whole ? snprintf(project->dir, sizeof(project->dir), "%s", whole)
                    : -1;
    free(whole);
    return (project->folder >= 0 && len >= 0) || complain("open", path);
}

static bool write_all(int fd, const struct nx_buf *text) {
    size_t done = 0;
    while (done < text->len) {
        ssize_t put = write(fd, text->data + done, text->len - done);
        if (put < 0 && errno != EINTR) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool write_new(int folder, const char *name, const struct nx_buf *text) {
    int fd =
            openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return complain("write", name);
    }
    bool written = write_all(fd, text);
    written = close(fd) == 0 && written;
    return written || complain("write", name);
}

static bool write_file(
        const struct project *project, const struct template_file *file) {
    struct nx_buf name;
    struct nx_buf text;
    nx_buf_init(&name, NAME_MAX);
    nx_buf_init(&text, FILE_MAX);
    bool good = template_write_name(file, &project->names, &name)
            && template_write_text(file, &project->names, &text);
    if (!good) {
        (void)fputs("nexusctl: out of memory\n", stderr);
    }
    good = good && write_new(project->folder, name.data, &text);
    nx_buf_finish(&name);
    nx_buf_finish(&text);
    return good;
}

// Only what was written into a folder that was not there before.
static void take_back(const struct project *project, const char *path) {
    for (const struct template_file *f = template_files; f->name; f++) {
        struct nx_buf name;
        nx_buf_init(&name, NAME_MAX);
        if (template_is_for(f, &project->names)
                && template_write_name(f, &project->names, &name)) {
            (void)unlinkat(project->folder, name.data, 0);
        }
        nx_buf_finish(&name);
    }
    (void)rmdir(path);
}

static bool write_files(const struct project *project, const char *path) {
    for (const struct template_file *f = template_files; f->name; f++) {
        if (template_is_for(f, &project->names) && !write_file(project, f)) {
            take_back(project, path);
            return false;
        }
    }
    return true;
}

// --- the command ----------------------------------------------------------

static void say_next(const struct project *project, const char *path) {
    (void)printf("%s: a plugin that owns the events %s*\n\n"
                 "  cd %s\n"
                 "  cmake -B build\n"
                 "  cmake --build build\n"
                 "  ctest --test-dir build\n"
                 "  nexusctl plugin check build/%s.so\n\n"
                 "README.md says what is where.\n",
            path, project->prefix, path, project->names.name);
}

int plugin_new(const struct ctl_options *options) {
    struct project project = {.folder = -1};
    const char *path = options->dir ? options->dir : options->argument;
    if (!choose_names(&project, options)) {
        return CTL_EXIT_USAGE;
    }
    if (!make_folder(&project, path)) {
        return CTL_EXIT_FAILURE;
    }
    bool written = write_files(&project, path);
    (void)close(project.folder);
    if (written) {
        say_next(&project, path);
    }
    return written ? EXIT_SUCCESS : CTL_EXIT_FAILURE;
}
