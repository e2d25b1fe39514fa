#include "kernel/core/settings_check.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include <nexus/util/str.h>

#include "kernel/base/commas.h"
#include "kernel/base/ip.h"
#include "kernel/core/message_sizes.h"

enum reach {
    REACH_NOTHING, // not an address
    REACH_SELF,
    REACH_OTHERS,
};

// Brackets around an IPv6 address are allowed, as in a URL.
static enum reach reach_v6(const char *address) {
    char bare[INET6_ADDRSTRLEN + 2];
    struct in6_addr v6;
    size_t len = strlen(address);
    if (len >= sizeof(bare)) {
        return REACH_NOTHING;
    }
    memcpy(bare, address, len + 1);
    char *start = bare;
    if (len > 2 && bare[0] == '[' && bare[len - 1] == ']') {
        bare[len - 1] = '\0';
        start++;
    }
    if (inet_pton(AF_INET6, start, &v6) != 1) {
        return REACH_NOTHING;
    }
    return IN6_IS_ADDR_LOOPBACK(&v6) ? REACH_SELF : REACH_OTHERS;
}

static enum reach reach_of(const char *address) {
    struct in_addr v4;
    if (strcmp(address, "localhost") == 0) {
        return REACH_SELF;
    }
    if (inet_pton(AF_INET, address, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127 ? REACH_SELF : REACH_OTHERS;
    }
    return reach_v6(address);
}

bool settings_check_loopback(const char *address) {
    return reach_of(address) == REACH_SELF;
}

static void check_address(
        const struct settings *settings, struct settings_errors *errors) {
    if (reach_of(settings->listen_address) == REACH_NOTHING) {
        settings_errors_add(errors,
                "%s: listen.address must be an IPv4 or IPv6 address or "
                "localhost, not \"%s\"",
                settings_origin(settings, "listen.address"),
                settings->listen_address);
    }
}

static void check_auth(
        const struct settings *settings, struct settings_errors *errors) {
    if (strcmp(settings->auth_mode, "dev") != 0
            || reach_of(settings->listen_address) != REACH_OTHERS) {
        return;
    }
    settings_errors_add(errors,
            "%s: listen.address \"%s\" can be reached by others, but "
            "auth.mode \"dev\" (%s) believes whatever user_id they give; set "
            "auth.mode to \"token\" and load an authentication plugin, or set "
            "listen.address to \"127.0.0.1\"",
            settings_origin(settings, "listen.address"),
            settings->listen_address, settings_origin(settings, "auth.mode"));
}

static void check_heartbeat(
        const struct settings *settings, struct settings_errors *errors) {
    if (settings->heartbeat_timeout > settings->heartbeat_interval) {
        return;
    }
    const char *timeout_origin = settings_origin(settings, "heartbeat.timeout");
    const char *interval_origin =
            settings_origin(settings, "heartbeat.interval");
    // The place to look at is where somebody wrote something.
    bool written = strcmp(timeout_origin, "default") != 0;
    settings_errors_add(errors,
            "%s: heartbeat.timeout (%" PRId64 ", %s) must be more than "
            "heartbeat.interval (%" PRId64 ", %s); twice as much is usual",
            written ? timeout_origin : interval_origin,
            settings->heartbeat_timeout, timeout_origin,
            settings->heartbeat_interval, interval_origin);
}

static void check_path(
        const struct settings *settings, struct settings_errors *errors) {
    const char *path = settings->listen_path;
    if (*path != '/' || strpbrk(path, " ?#%") != NULL) {
        settings_errors_add(errors,
                "%s: listen.path must begin with a slash and have no blank, "
                "?, # or %% in it, not \"%s\"",
                settings_origin(settings, "listen.path"), path);
    }
}

// scheme://host[:port] and nothing behind it, as browsers write it.
static bool is_origin(struct nx_str text) {
    const char *end = memmem(text.ptr, text.len, "://", 3);
    size_t scheme = end ? (size_t)(end - text.ptr) : 0;
    if (scheme == 0 || text.len == scheme + 3) {
        return nx_str_is(text, "*") || nx_str_is(text, "null");
    }
    for (size_t i = scheme + 3; i < text.len; i++) {
        if (strchr("/?#@* ", text.ptr[i])) {
            return false;
        }
    }
    return true;
}

static void check_origins(
        const struct settings *settings, struct settings_errors *errors) {
    const char *rest = settings->listen_origins;
    struct nx_str item;
    while (commas_next(&rest, &item)) {
        if (!is_origin(item)) {
            settings_errors_add(errors,
                    "%s: listen.origins must have items like "
                    "https://example.org or http://localhost:3000, without a "
                    "path, or *; not \"%.*s\"",
                    settings_origin(settings, "listen.origins"), (int)item.len,
                    item.ptr);
        }
    }
}

static void check_listeners(
        const struct settings *settings, struct settings_errors *errors) {
    bool tls = settings->listen_tls_port >= 0;
    if (settings->listen_port < 0 && !tls && settings->listen_unix[0] == '\0') {
        settings_errors_add(errors,
                "%s: listen.port is -1, listen.tls_port (%s) too, and "
                "listen.unix (%s) is empty, so there is nowhere to listen",
                settings_origin(settings, "listen.port"),
                settings_origin(settings, "listen.tls_port"),
                settings_origin(settings, "listen.unix"));
    }
    if (tls && settings->tls_certificate[0] == '\0') {
        settings_errors_add(errors,
                "%s: listen.tls_port needs a certificate; set tls.certificate "
                "and tls.key",
                settings_origin(settings, "listen.tls_port"));
    }
    if (!tls && settings->tls_certificate[0] != '\0') {
        settings_errors_add(errors,
                "%s: tls.certificate is not used without listen.tls_port; set "
                "that too",
                settings_origin(settings, "tls.certificate"));
    }
}

static void check_unix(
        const struct settings *settings, struct settings_errors *errors) {
    const char *mode = settings->listen_unix_mode;
    size_t digits = strspn(mode, "01234567");
    if (mode[digits] != '\0' || digits < 3 || digits > 4
            || (digits == 4 && mode[0] != '0')) {
        settings_errors_add(errors,
                "%s: listen.unix_mode must be octal digits from 000 to 0777, "
                "not \"%s\"",
                settings_origin(settings, "listen.unix_mode"), mode);
    }
}

static void check_proxies(
        const struct settings *settings, struct settings_errors *errors) {
    const char *rest = settings->listen_trusted_proxies;
    struct nx_str item;
    while (commas_next(&rest, &item)) {
        struct ip_range range;
        if (!nx_str_is(item, "unix") && !ip_range_parse(&range, item)) {
            settings_errors_add(errors,
                    "%s: listen.trusted_proxies must have addresses, ranges "
                    "like 10.0.0.0/8, or unix; not \"%.*s\"",
                    settings_origin(settings, "listen.trusted_proxies"),
                    (int)item.len, item.ptr);
        }
    }
}

static void check_drain(
        const struct settings *settings, struct settings_errors *errors) {
    if (settings->drain_delay > 0
            && settings->drain_delay >= settings->drain_timeout) {
        settings_errors_add(errors,
                "%s: drain.delay (%" PRId64 ") must be less than drain.timeout "
                "(%" PRId64 ", %s), or no client would be sent away",
                settings_origin(settings, "drain.delay"), settings->drain_delay,
                settings->drain_timeout,
                settings_origin(settings, "drain.timeout"));
    }
}

static void check_exceptions(
        const struct settings *settings, struct settings_errors *errors) {
    const char *rest = settings->limits_address_exceptions;
    struct nx_str item;
    while (commas_next(&rest, &item)) {
        struct ip_range range;
        if (!ip_range_parse(&range, item)) {
            settings_errors_add(errors,
                    "%s: limits.address_exceptions must have addresses, or "
                    "ranges like 10.0.0.0/8; not \"%.*s\"",
                    settings_origin(settings, "limits.address_exceptions"),
                    (int)item.len, item.ptr);
        }
    }
}

void settings_check(
        const struct settings *settings, struct settings_errors *errors) {
    check_address(settings, errors);
    check_auth(settings, errors);
    check_heartbeat(settings, errors);
    check_path(settings, errors);
    check_origins(settings, errors);
    check_listeners(settings, errors);
    check_unix(settings, errors);
    check_proxies(settings, errors);
    message_sizes_check(settings, errors);
    check_drain(settings, errors);
    check_exceptions(settings, errors);
}
