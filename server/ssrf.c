/* ssrf.c: where a tenant's request may go. Asked with the resolved address at connect time, so neither spelling, nor DNS, nor rebinding helps
 * an attacker. What is not IPv4 or IPv6 is refused; an IPv4 address inside IPv6 is judged as IPv4.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

struct net {
    int family;
    const char *first;
    unsigned bits;
};
static const struct net nets[] = {
#define FSV_NET4(first, bits, what) {AF_INET, (first), (bits)},
#define FSV_NET6(first, bits, what) {AF_INET6, (first), (bits)},
#include "ssrf.def"
#undef FSV_NET4
#undef FSV_NET6
};
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* An address as family and bytes; IPv4 in IPv6 becomes IPv4. */
struct address {
    int family;
    uint8_t bytes[16];
};

static bool read_address(const struct sockaddr *from, struct address *out)
{
    *out = (struct address){.family = from->sa_family};
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        memcpy(out->bytes, &v4.sin_addr, 4);
        return true;
    }
    if (from->sa_family != AF_INET6) {
        return false;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, from, sizeof v6);
    if (memcmp(&v6.sin6_addr, mapped, sizeof mapped) == 0) {
        out->family = AF_INET;
        memcpy(out->bytes, v6.sin6_addr.s6_addr + 12, 4);
    } else {
        memcpy(out->bytes, &v6.sin6_addr, 16);
    }
    return true;
}

static bool parse_literal(struct fn_str text, struct address *out)
{
    char z[INET6_ADDRSTRLEN];
    if (text.n > 1 && text.p[0] == '[' && text.p[text.n - 1] == ']') {
        text = (struct fn_str){text.p + 1, text.n - 2};
    }
    if (text.n == 0 || text.n >= sizeof z) {
        return false;
    }
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    out->family = memchr(z, ':', text.n) != NULL ? AF_INET6 : AF_INET;
    return inet_pton(out->family, z, out->bytes) == 1;
}

static bool in_net(const struct address *a, const struct net *net)
{
    struct address first = {0, {0}};
    if (a->family != net->family || inet_pton(net->family, net->first, first.bytes) != 1) {
        return false;
    }
    size_t whole = net->bits / 8;
    unsigned rest = net->bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return memcmp(a->bytes, first.bytes, whole) == 0 &&
           (rest == 0 || ((a->bytes[whole] ^ first.bytes[whole]) & mask) == 0);
}

static bool same(const struct address *a, const struct address *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == AF_INET ? 4 : 16) == 0;
}

static bool on_list(const struct fsv_allow *allow, const struct address *a)
{
    struct fn_str rest = allow->list;
    while (rest.n > 0) {
        const char *comma = memchr(rest.p, ',', rest.n);
        struct fn_str one = {rest.p, comma != NULL ? (size_t)(comma - rest.p) : rest.n};
        struct address listed;
        if (parse_literal(one, &listed) && same(&listed, a)) {
            return true;
        }
        size_t step = one.n + (comma != NULL);
        rest = (struct fn_str){rest.p + step, rest.n - step};
    }
    return false;
}

bool fsv_allow_names(const struct fsv_allow *allow, struct fn_str host)
{
    struct address a;
    return parse_literal(host, &a) && on_list(allow, &a);
}

bool fsv_address_allowed(const struct sockaddr *address, const struct fsv_allow *allow)
{
    struct address a;
    if (!read_address(address, &a)) {
        return false;
    }
    if (on_list(allow, &a)) {
        return true;
    }
    for (size_t i = 0; i < FN_COUNT(nets); i++) {
        if (in_net(&a, &nets[i])) {
            return false;
        }
    }
    return true;
}
