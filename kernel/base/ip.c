#include "kernel/base/ip.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define V4_PREFIX 12 // bytes before the four of IPv4
#define ALL_BITS  128u

static const unsigned char v4_prefix[V4_PREFIX] = {
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

bool ip_is_v4(const struct ip *ip) {
    return memcmp(ip->bytes, v4_prefix, V4_PREFIX) == 0;
}

bool ip_parse(struct ip *ip, struct nx_str text) {
    char copy[IP_TEXT_SIZE];
    struct in_addr v4;
    struct in6_addr v6;
    if (text.len == 0 || text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET, copy, &v4) == 1) {
        memcpy(ip->bytes, v4_prefix, V4_PREFIX);
        memcpy(ip->bytes + V4_PREFIX, &v4, sizeof(v4));
        return true;
    }
    if (inet_pton(AF_INET6, copy, &v6) == 1) {
        memcpy(ip->bytes, &v6, sizeof(v6));
        return true;
    }
    return false;
}

static bool is_port(const char *text, size_t len) {
    if (len < 2 || len > 6 || text[0] != ':') {
        return false;
    }
    for (size_t i = 1; i < len; i++) {
        if (!isdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

bool ip_parse_hop(struct ip *ip, struct nx_str text) {
    if (ip_parse(ip, text)) {
        return true;
    }
    bool brackets = text.len > 0 && text.ptr[0] == '[';
    const char *end = text.len > 0
            ? memchr(text.ptr, brackets ? ']' : ':', text.len)
            : NULL;
    if (!end) {
        return false;
    }
    size_t skip = brackets ? 1 : 0;
    size_t len = (size_t)(end - text.ptr);
    struct nx_str host = {text.ptr + skip, len - skip};
    const char *port = end + skip;
    size_t port_len = text.len - len - skip;
    bool good = (brackets && port_len == 0) || is_port(port, port_len);
    return good && ip_parse(ip, host);
}

static bool parse_bits(struct nx_str text, unsigned max, unsigned *bits) {
    if (text.len == 0 || text.len > 3) {
        return false;
    }
    *bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (!isdigit((unsigned char)text.ptr[i])) {
            return false;
        }
        *bits = *bits * 10 + (unsigned)(text.ptr[i] - '0');
    }
    return *bits <= max;
}

// Of the byte at that index, the bits that count.
static unsigned char mask_at(unsigned bits, unsigned index) {
    unsigned begin = index * 8;
    if (bits >= begin + 8) {
        return 0xff;
    }
    if (bits <= begin) {
        return 0;
    }
    return (unsigned char)(0xffu << (8 - (bits - begin)));
}

static bool rest_is_zero(const struct ip_range *range) {
    for (unsigned i = 0; i < IP_BYTES; i++) {
        if ((range->first.bytes[i] & ~mask_at(range->bits, i) & 0xff) != 0) {
            return false;
        }
    }
    return true;
}

bool ip_range_parse(struct ip_range *range, struct nx_str text) {
    const char *slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    range->bits = ALL_BITS;
    if (!slash) {
        return ip_parse(&range->first, text);
    }
    size_t len = (size_t)(slash - text.ptr);
    struct nx_str host = {text.ptr, len};
    struct nx_str length = {slash + 1, text.len - len - 1};
    if (!ip_parse(&range->first, host)) {
        return false;
    }
    unsigned skipped = memchr(host.ptr, ':', host.len) ? 0 : V4_PREFIX * 8;
    unsigned bits;
    if (!parse_bits(length, ALL_BITS - skipped, &bits)) {
        return false;
    }
    range->bits = skipped + bits;
    return rest_is_zero(range);
}

bool ip_range_has(const struct ip_range *range, const struct ip *ip) {
    for (unsigned i = 0; i < IP_BYTES; i++) {
        unsigned char mask = mask_at(range->bits, i);
        if (((range->first.bytes[i] ^ ip->bytes[i]) & mask) != 0) {
            return false;
        }
    }
    return true;
}

void ip_format(const struct ip *ip, char out[IP_TEXT_SIZE]) {
    const char *text = ip_is_v4(ip)
            ? inet_ntop(AF_INET, ip->bytes + V4_PREFIX, out, IP_TEXT_SIZE)
            : inet_ntop(AF_INET6, ip->bytes, out, IP_TEXT_SIZE);
    if (!text) {
        (void)snprintf(out, IP_TEXT_SIZE, "unknown");
    }
}
