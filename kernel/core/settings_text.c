#include "kernel/core/settings_text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <nexus/util/buf.h>

// --- from file to memory --------------------------------------------------

static bool read_all(int fd, struct nx_buf *buf) {
    for (;;) {
        char *room = nx_buf_reserve(buf, 4096);
        if (room == NULL) {
            errno = EFBIG;
            return false;
        }
        ssize_t got = read(fd, room, 4096);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        nx_buf_commit(buf, (size_t)got);
    }
}

// Not a folder, and not a pipe that nobody writes to.
static bool is_regular(int fd) {
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return false;
    }
    errno = S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
    return S_ISREG(info.st_mode);
}

static bool read_file(const char *file, struct nx_buf *buf) {
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return false;
    }
    bool done = is_regular(fd) && read_all(fd, buf);
    int saved_errno = errno;
    (void)close(fd);
    errno = saved_errno;
    return done;
}

char *settings_text_read(const char *file, struct settings_errors *errors) {
    struct nx_buf buf;
    nx_buf_init(&buf, SETTINGS_FILE_MAX);
    char *text = NULL;
    if (read_file(file, &buf)) {
        const char *data = buf.data == NULL ? "" : buf.data;
        text = settings_text_prepare(data, buf.len, file, errors);
    } else {
        char reason[128];
        settings_errors_add(errors, "%s: cannot be read: %s", file,
                strerror_r(errno, reason, sizeof(reason)));
    }
    nx_buf_finish(&buf);
    return text;
}

// --- tokens ---------------------------------------------------------------

#define OPEN_MAX_DEPTH 32

// A place in the text; never past its end.
struct scan {
    const char *next;
    const char *end;
    unsigned line;
    struct nx_buf *out;
    const char *problem; // NULL: none
    // Brackets that wait for their partner, outermost first.
    size_t depth;
    char open[OPEN_MAX_DEPTH];
    unsigned open_line[OPEN_MAX_DEPTH];
};

static char peek(const struct scan *scan, size_t ahead) {
    return (size_t)(scan->end - scan->next) > ahead ? scan->next[ahead] : '\0';
}

static void copy(struct scan *scan, size_t len) {
    for (size_t i = 0; i < len && scan->next < scan->end; i++) {
        scan->line += *scan->next == '\n' ? 1 : 0;
        (void)nx_buf_append_char(scan->out, *scan->next++);
    }
}

static void copy_line_comment(struct scan *scan) {
    while (scan->next < scan->end && *scan->next != '\n') {
        copy(scan, 1);
    }
}

static void copy_block_comment(struct scan *scan) {
    unsigned line = scan->line;
    copy(scan, 2);
    while (scan->next < scan->end) {
        if (peek(scan, 0) == '*' && peek(scan, 1) == '/') {
            copy(scan, 2);
            return;
        }
        copy(scan, 1);
    }
    scan->line = line;
    scan->problem = "a comment begins here and never ends";
}

static void copy_string(struct scan *scan) {
    unsigned line = scan->line;
    copy(scan, 1);
    while (scan->next < scan->end) {
        char c = peek(scan, 0);
        copy(scan, c == '\\' ? 2 : 1);
        if (c == '"') {
            return;
        }
    }
    scan->line = line;
    scan->problem = "a text begins here and its closing quote is missing";
}

static bool in_name(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static void copy_name(struct scan *scan) {
    while (in_name(peek(scan, 0))) {
        copy(scan, 1);
    }
}

static size_t count_digits(const char *text, size_t len, bool hex) {
    size_t count = 0;
    while (count < len
            && (hex ? isxdigit((unsigned char)text[count])
                    : isdigit((unsigned char)text[count]))) {
        count++;
    }
    return count;
}

// Whether the digits fit 63 bits, sign or not.
static bool fits(const char *digits, size_t len, bool hex) {
    char text[24];
    while (len > 1 && *digits == '0') {
        digits++;
        len--;
    }
    if (len >= sizeof(text)) {
        return false;
    }
    memcpy(text, digits, len);
    text[len] = '\0';
    errno = 0;
    long long number = strtoll(text, NULL, hex ? 16 : 10);
    return number >= 0 && errno == 0;
}

static void copy_number(struct scan *scan) {
    size_t left = (size_t)(scan->end - scan->next);
    bool hex = left > 2 && peek(scan, 0) == '0'
            && (peek(scan, 1) == 'x' || peek(scan, 1) == 'X');
    size_t prefix = hex ? 2 : 0;
    const char *digits = scan->next + prefix;
    size_t len = count_digits(digits, left - prefix, hex);
    char after = peek(scan, prefix + len);
    if (after == '.' || after == 'e' || after == 'E') {
        copy(scan, len + 1); // the fraction, or exponent, follows as digits
        while (in_name(peek(scan, 0)) || peek(scan, 0) == '+') {
            copy(scan, 1);
        }
        return;
    }
    if (!fits(digits, len, hex)) {
        scan->problem = "a number is too large";
        return;
    }
    copy(scan, prefix + len);
    if (!in_name(after)) { // an L that is there follows as a name
        (void)nx_buf_append_char(scan->out, 'L');
    }
}

static void open_bracket(struct scan *scan) {
    if (scan->depth == OPEN_MAX_DEPTH) {
        scan->problem = "the groups and lists are nested too deeply";
        return;
    }
    scan->open[scan->depth] = peek(scan, 0);
    scan->open_line[scan->depth++] = scan->line;
    copy(scan, 1);
}

static char partner_of(char open) {
    return open == '(' ? ')' : (char)(open + 2); // "[" and "]", "{" and "}"
}

static void close_bracket(struct scan *scan) {
    if (scan->depth == 0) {
        scan->problem = "a bracket is closed here that was never opened";
    } else if (partner_of(scan->open[scan->depth - 1]) != peek(scan, 0)) {
        scan->line = scan->open_line[scan->depth - 1];
        scan->problem = "a bracket is opened here and closed by another kind";
    } else {
        scan->depth--;
        copy(scan, 1);
    }
}

static void check_open(struct scan *scan) {
    if (scan->problem == NULL && scan->depth > 0) {
        scan->line = scan->open_line[scan->depth - 1];
        scan->problem = "a bracket is opened here and never closed";
    }
}

static void copy_token(struct scan *scan) {
    char c = peek(scan, 0);
    if (c == '#' || (c == '/' && peek(scan, 1) == '/')) {
        copy_line_comment(scan);
    } else if (c == '/' && peek(scan, 1) == '*') {
        copy_block_comment(scan);
    } else if (c == '"') {
        copy_string(scan);
    } else if (strchr("([{", c) != NULL) {
        open_bracket(scan);
    } else if (strchr(")]}", c) != NULL) {
        close_bracket(scan);
    } else if (isdigit((unsigned char)c)) {
        copy_number(scan);
    } else if (isalpha((unsigned char)c) || c == '*') {
        copy_name(scan);
    } else if (c == '.' && isdigit((unsigned char)peek(scan, 1))) {
        copy(scan, 1);
        size_t left = (size_t)(scan->end - scan->next);
        copy(scan, count_digits(scan->next, left, false));
    } else {
        copy(scan, 1);
    }
}

// The parser would take a zero byte for the end.
static bool is_text(struct scan *scan) {
    const char *zero =
            memchr(scan->next, '\0', (size_t)(scan->end - scan->next));
    if (zero == NULL) {
        return true;
    }
    for (const char *c = scan->next; c < zero; c++) {
        scan->line += *c == '\n' ? 1 : 0;
    }
    scan->problem = "a zero byte has no place in this file";
    return false;
}

char *settings_text_prepare(const char *text, size_t len, const char *file,
        struct settings_errors *errors) {
    struct nx_buf buf;
    nx_buf_init(&buf, 4 * (size_t)SETTINGS_FILE_MAX);
    struct scan scan = {
            .next = text, .end = text + len, .line = 1, .out = &buf};
    if (is_text(&scan)) {
        while (scan.problem == NULL && scan.next < scan.end) {
            copy_token(&scan);
        }
        check_open(&scan);
    }
    (void)nx_buf_append_char(&buf, '\n');
    char *result = NULL;
    if (scan.problem != NULL) {
        settings_errors_add(errors, "%s:%u: %s", file, scan.line, scan.problem);
    } else {
        result = nx_buf_take(&buf, &len);
        if (result == NULL) {
            settings_errors_add(errors, "%s: out of memory", file);
        }
    }
    nx_buf_finish(&buf);
    return result;
}
