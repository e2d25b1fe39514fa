#include "kernel/core/preflight.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/core/image_dir.h"
#include "kernel/core/preflight_step.h"

#define NS_IN_MS   INT64_C(1000000)
#define POLL_MS    20 // between two looks whether it has ended
#define STEP_MAX   64
#define FOLDER_MAX 4096

// One child.
struct flight {
    const struct preflight *preflight;
    pid_t pid;
    int pipe;                // its output
    char folder[FOLDER_MAX]; // where its copy of the file is
    char line[STEP_MAX];
    size_t len;
    char step[STEP_MAX]; // what it said last that it would do
};

__attribute__((format(printf, 2, 3))) static bool refuse(
        char *why, const char *format, ...) {
    va_list args;
    va_start(args, format);
    (void)vsnprintf(why, PREFLIGHT_WHY_MAX, format, args);
    va_end(args);
    return false;
}

static int64_t now_ms(void) {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NS_IN_MS;
}

void preflight_init(struct preflight *preflight, const char *program,
        const struct settings_source *source, const struct settings *settings) {
    *preflight = (struct preflight){
            .program = settings->reload_preflight ? program : NULL,
            .source = source,
            .timeout_ms = settings->reload_preflight_timeout * 1000,
    };
}

// --- the child ------------------------------------------------------------

// The words of one command line, and what they lie in.
struct command {
    const char **arguments; // NULL-ended
    char *plugin;
    char *image_dir;
};

static bool make_texts(struct command *command, const struct flight *flight,
        const char *name, const char *file) {
    bool made = asprintf(&command->plugin, "%s=%s", name, file) >= 0;
    if (!made) {
        command->plugin = NULL;
        return false;
    }
    made = asprintf(&command->image_dir, "image_dir=%s", flight->folder) >= 0;
    command->image_dir = made ? command->image_dir : NULL;
    return made;
}

static bool make_command(struct command *command, const struct flight *flight,
        const char *name, const char *file) {
    const struct settings_source *source = flight->preflight->source;
    size_t most = 10 + 2 * source->set_count;
    const char **arguments = calloc(most, sizeof(*arguments));
    size_t n = 0;
    command->arguments = arguments;
    if (!arguments || !make_texts(command, flight, name, file)) {
        return false;
    }
    arguments[n++] = "nexusd";
    arguments[n++] = "--preflight";
    arguments[n++] = command->plugin;
    if (source->file) {
        arguments[n++] = "--config";
        arguments[n++] = source->file;
    }
    for (size_t i = 0; i < source->set_count; i++) {
        arguments[n++] = "--set";
        arguments[n++] = source->sets[i];
    }
    // The last one counts.
    arguments[n++] = "--set";
    arguments[n++] = command->image_dir;
    return true;
}

static void command_finish(struct command *command) {
    free(command->arguments);
    free(command->plugin);
    free(command->image_dir);
}

// Nothing of the server goes with it but the pipe.
static int set_up(posix_spawn_file_actions_t *files, int out) {
    int error = posix_spawn_file_actions_addopen(
            files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0) {
        error = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
    }
    if (error == 0) {
        error = posix_spawn_file_actions_addopen(
                files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    }
    return error != 0 ? error
                      : posix_spawn_file_actions_addclosefrom_np(
                              files, STDERR_FILENO + 1);
}

// A group of its own, and none of the signals that its parent holds back.
static int set_attributes(posix_spawnattr_t *attributes) {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawnattr_setflags(attributes,
            POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK
                    | POSIX_SPAWN_SETSIGDEF);
    if (error == 0) {
        error = posix_spawnattr_setsigmask(attributes, &none);
    }
    return error != 0 ? error : posix_spawnattr_setsigdefault(attributes, &all);
}

// posix_spawn() changes none of the texts, though it does not say so.
static char *const *writable(const char *const *texts) {
    union {
        const char *const *given;
        char *const *wanted;
    } both = {.given = texts};
    return both.wanted;
}

static int spawn(struct flight *flight, int out, const char **arguments) {
    const struct preflight *preflight = flight->preflight;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0) {
        return error;
    }
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_up(&files, out);
        error = error != 0 ? error : set_attributes(&attributes);
        if (error == 0) {
            error = posix_spawn(&flight->pid, preflight->program, &files,
                    &attributes, writable(arguments),
                    writable(preflight->source->env));
        }
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static int begin(struct flight *flight, const char *name, const char *file) {
    struct command command = {.arguments = NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return errno;
    }
    flight->pipe = ends[0];
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    int error = make_command(&command, flight, name, file)
            ? spawn(flight, ends[1], command.arguments)
            : ENOMEM;
    (void)close(ends[1]);
    command_finish(&command);
    if (error != 0) {
        (void)close(ends[0]);
    }
    return error;
}

// --- waiting --------------------------------------------------------------

static void take_char(struct flight *flight, char c) {
    if (c != '\n') {
        flight->line[flight->len] = c;
        flight->len += flight->len + 1 < sizeof(flight->line) ? 1 : 0;
        return;
    }
    flight->line[flight->len] = '\0';
    flight->len = 0;
    // The plugin may print, too.
    if (strncmp(flight->line, PREFLIGHT_MARK, strlen(PREFLIGHT_MARK)) == 0) {
        (void)snprintf(flight->step, sizeof(flight->step), "%s",
                flight->line + strlen(PREFLIGHT_MARK));
    }
}

// What it has said so far. False when no more can come.
static bool listen_to(struct flight *flight) {
    char text[512];
    ssize_t got;
    while ((got = read(flight->pipe, text, sizeof(text))) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            take_char(flight, text[i]);
        }
    }
    return got < 0 && (errno == EAGAIN || errno == EINTR);
}

// False when it has to be ended.
static bool wait_until(struct flight *flight, int64_t deadline, int *status) {
    const _Atomic bool *stop = flight->preflight->stop;
    struct pollfd output = {.fd = flight->pipe, .events = POLLIN};
    while (now_ms() < deadline && !(stop && atomic_load(stop))) {
        pid_t ended = waitpid(flight->pid, status, WNOHANG);
        if (ended != 0) {
            return ended > 0;
        }
        (void)poll(&output, 1, POLL_MS);
        if (!listen_to(flight)) {
            output.fd = -1;
        }
    }
    return false;
}

static bool judge(const struct flight *flight, int status, char *why) {
    const char *step = flight->step;
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        return refuse(why,
                "crashed with SIG%s %s, in a process of its own; it was not "
                "loaded",
                name ? name : "?", step);
    }
    int code = WEXITSTATUS(status);
    return code == EXIT_SUCCESS || code == PREFLIGHT_EXIT_REFUSED
            || refuse(why,
                    "ended its process with exit code %d %s; it was not loaded",
                    code, step);
}

// True when it came to its end by itself.
static bool fly(struct flight *flight, int *status) {
    int64_t deadline = now_ms() + flight->preflight->timeout_ms;
    bool ended = wait_until(flight, deadline, status);
    (void)kill(-flight->pid, SIGKILL); // also what it has started
    if (!ended) {
        (void)kill(flight->pid, SIGKILL);
        while (waitpid(flight->pid, status, 0) < 0 && errno == EINTR) {
        }
    }
    (void)listen_to(flight);
    (void)close(flight->pipe);
    return ended;
}

static bool make_folder(struct flight *flight) {
    int len = snprintf(flight->folder, sizeof(flight->folder),
            "%s/preflight-XXXXXX", flight->preflight->image_dir);
    if (len >= (int)sizeof(flight->folder)) {
        errno = ENAMETOOLONG;
        return false;
    }
    return mkdtemp(flight->folder) != NULL;
}

// A child that died has left its copy there.
static void remove_folder(const struct flight *flight) {
    (void)image_dir_sweep(flight->folder);
    (void)rmdir(flight->folder);
}

bool preflight_try(const struct preflight *preflight, const char *name,
        const char *file, char why[PREFLIGHT_WHY_MAX]) {
    struct flight flight = {.preflight = preflight, .step = "at its start"};
    char text[128];
    int status = 0;
    if (!preflight->program) {
        return true;
    }
    int error = make_folder(&flight) ? begin(&flight, name, file) : errno;
    if (error != 0) {
        (void)rmdir(flight.folder);
        return refuse(why,
                "cannot be tried in a process of its own: %s; see "
                "reload.preflight",
                strerror_r(error, text, sizeof(text)));
    }
    bool ended = fly(&flight, &status);
    remove_folder(&flight);
    if (ended) {
        return judge(&flight, status, why);
    }
    return refuse(why,
            "did not come to an end within %lld s %s "
            "(reload.preflight_timeout); it was not loaded",
            (long long)(preflight->timeout_ms / 1000), flight.step);
}
