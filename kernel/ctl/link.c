#include "kernel/ctl/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "kernel/core/admin.h"
#include "kernel/ctl/command.h"
#include "kernel/ctl/target.h"

#define ANSWER_S  10
#define PIECE     65536
#define BYTES_MAX ((size_t)512 << 20) // more than control.buffer_bytes may be

#define ELSEWHERE \
    "point to another server with --socket, --data-dir or --config"

static bool fail(struct link *link, int code) {
    link->code = code;
    return false;
}

// --- connecting -----------------------------------------------------------

static bool complain(struct link *link) {
    char text[128];
    const char *why = strerror_r(errno, text, sizeof(text));
    if (errno == ENOENT || errno == ECONNREFUSED) {
        (void)fprintf(stderr,
                "nexusctl: no server answers at %s: %s; start it, or " ELSEWHERE
                "\n",
                link->path, why);
    } else if (errno == EACCES || errno == EPERM) {
        (void)fprintf(stderr,
                "nexusctl: you may not use %s: %s; only root and the user of "
                "the server may: try sudo, or " ELSEWHERE "\n",
                link->path, why);
    } else {
        (void)fprintf(stderr,
                "nexusctl: cannot connect to %s: %s; " ELSEWHERE "\n",
                link->path, why);
    }
    return fail(link, CTL_EXIT_FAILURE);
}

static void set_patience(const struct link *link, int seconds) {
    const struct timeval time = {.tv_sec = seconds};
    (void)setsockopt(link->fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
    (void)setsockopt(link->fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

bool link_open(struct link *link, const struct ctl_options *options) {
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memset(link, 0, sizeof(*link));
    link->fd = -1;
    link->path = target_socket(options);
    if (!link->path) {
        return fail(link, CTL_EXIT_FAILURE);
    }
    if (strlen(link->path) >= sizeof(name.sun_path)) {
        errno = ENAMETOOLONG;
        return complain(link);
    }
    memcpy(name.sun_path, link->path, strlen(link->path));
    link->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->fd < 0) {
        return complain(link);
    }
    set_patience(link, ANSWER_S);
    if (connect(link->fd, (const struct sockaddr *)&name, sizeof(name)) != 0) {
        return complain(link);
    }
    return true;
}

void link_close(struct link *link) {
    if (link->fd >= 0) {
        (void)close(link->fd);
    }
    free(link->path);
    free(link->bytes);
    memset(link, 0, sizeof(*link));
    link->fd = -1;
}

void link_wait_long(struct link *link) {
    set_patience(link, 0);
}

// --- reading --------------------------------------------------------------

static bool grow(struct link *link) {
    if (link->cap - link->len >= PIECE) {
        return true;
    }
    size_t cap = link->cap > 0 ? 2 * link->cap : (size_t)2 * PIECE;
    char *bytes = cap <= BYTES_MAX ? realloc(link->bytes, cap) : NULL;
    if (!bytes) {
        return false;
    }
    link->bytes = bytes;
    link->cap = cap;
    return true;
}

// False at the end of the connection, or of patience.
static bool read_more(struct link *link) {
    if (!grow(link)) {
        (void)fputs("nexusctl: the answer is too long\n", stderr);
        return fail(link, CTL_EXIT_FAILURE);
    }
    ssize_t got;
    do {
        got = recv(link->fd, link->bytes + link->len, PIECE, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        link->len += (size_t)got;
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        (void)fprintf(stderr,
                "nexusctl: the server at %s does not answer within %d "
                "seconds\n",
                link->path, ANSWER_S);
    } else {
        (void)fprintf(stderr,
                "nexusctl: the server at %s has ended the connection\n",
                link->path);
    }
    return fail(link, CTL_EXIT_FAILURE);
}

static json_t *parse_line(struct link *link, const char *end) {
    size_t len = (size_t)(end - link->bytes);
    json_error_t error;
    json_t *object = json_loadb(link->bytes, len, 0, &error);
    link->len -= len + 1;
    memmove(link->bytes, end + 1, link->len);
    if (!json_is_object(object)) {
        (void)fprintf(stderr, "nexusctl: %s does not speak as a server does\n",
                link->path);
        json_decref(object);
        (void)fail(link, CTL_EXIT_FAILURE);
        return NULL;
    }
    return object;
}

json_t *link_read(struct link *link) {
    size_t looked = 0;
    for (;;) {
        const char *end = link->len > looked
                ? memchr(link->bytes + looked, '\n', link->len - looked)
                : NULL;
        if (end) {
            return parse_line(link, end);
        }
        looked = link->len;
        if (!read_more(link)) {
            return NULL;
        }
    }
}

// --- asking ---------------------------------------------------------------

static bool send_line(struct link *link, json_t *question) {
    char *text = json_dumps(question, JSON_COMPACT);
    bool sent = false;
    if (text) {
        size_t len = strlen(text);
        text[len] = '\n'; // in place of the NUL
        sent = send(link->fd, text, len + 1, MSG_NOSIGNAL) == (ssize_t)len + 1;
        free(text);
    }
    // Whoever was turned away finds the reason in what it can still read.
    return sent || errno == EPIPE || errno == ECONNRESET;
}

static const char *text_of(const json_t *answer, const char *key) {
    const char *text = json_string_value(json_object_get(answer, key));
    return text ? text : "";
}

// Whether the server could not be asked at all, rather than said no.
static bool is_failure(const char *code) {
    static const char *const codes[] = {"unsupported_version",
            "unknown_command", "forbidden", "busy", "too_large", "no_memory",
            NULL};
    for (const char *const *one = codes; *one; one++) {
        if (strcmp(code, *one) == 0) {
            return true;
        }
    }
    return false;
}

static json_t *result_of(struct link *link, json_t *answer) {
    json_t *result = NULL;
    if (json_is_true(json_object_get(answer, "ok"))) {
        result = json_incref(json_object_get(answer, "result"));
    } else {
        const char *code = text_of(answer, "code");
        bool other = strcmp(code, "unsupported_version") == 0
                || strcmp(code, "unknown_command") == 0;
        (void)fprintf(stderr, "nexusctl: %s%s\n", text_of(answer, "message"),
                other ? "; use the nexusctl of its release" : "");
        (void)fail(link, is_failure(code) ? CTL_EXIT_FAILURE : CTL_EXIT_FOUND);
    }
    json_decref(answer);
    return result;
}

json_t *link_ask(struct link *link, json_t *question) {
    (void)json_object_set_new(question, "v", json_integer(ADMIN_VERSION));
    bool sent = send_line(link, question);
    json_decref(question);
    if (!sent) {
        (void)complain(link);
        return NULL;
    }
    json_t *answer = link_read(link);
    return answer ? result_of(link, answer) : NULL;
}

json_t *link_ask_once(
        const struct ctl_options *options, json_t *question, int *code) {
    struct link link;
    json_t *result = NULL;
    if (link_open(&link, options)) {
        result = link_ask(&link, question);
    } else {
        json_decref(question);
    }
    *code = link.code;
    link_close(&link);
    return result;
}
