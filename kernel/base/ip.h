/*
 * ip - an IP address without a port, and ranges of them.
 *
 * IPv4 is kept as IPv6 keeps it (::ffff:1.2.3.4), so that a client is the
 * same whichever kind of socket it came by.
 *
 * Owner:   the caller; plain data
 * Thread:  any (pure functions)
 * Errors:  false; the object is not filled
 */
#ifndef KERNEL_BASE_IP_H
#define KERNEL_BASE_IP_H

#include <stdbool.h>

#include <nexus/types.h>

#define IP_BYTES     16
#define IP_TEXT_SIZE 46 // with its NUL

struct ip {
    unsigned char bytes[IP_BYTES];
};

struct ip_range {
    struct ip first;
    unsigned bits; // that count, of 128
};

// "192.0.2.1", "2001:db8::1"
bool ip_parse(struct ip *ip, struct nx_str text);

// The same, or with a port as some proxies write it: "192.0.2.1:443",
// "[2001:db8::1]:443", "[2001:db8::1]".
bool ip_parse_hop(struct ip *ip, struct nx_str text);

// "192.0.2.1", "10.0.0.0/8", "2001:db8::/32"; bits beyond the length must be
// zero.
bool ip_range_parse(struct ip_range *range, struct nx_str text);
bool ip_range_has(const struct ip_range *range, const struct ip *ip);

// An address of IPv4, as it is kept here.
bool ip_is_v4(const struct ip *ip);

void ip_format(const struct ip *ip, char out[IP_TEXT_SIZE]);

#endif
