/*
 * See address.h. An IPv6 address that stands for one of IPv4 (mapped, NAT64,
 * 6to4) is as public as that one is.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../core/pl.h"
#include "address.h"

typedef struct {
    uint8_t   bytes[16];
    unsigned  bits;
} address_net_t;

typedef struct {
    address_net_t  net;
    size_t         at;          /* where IPv4's bytes stand behind it */
} address_inner_t;

static bool address_bytes(const struct sockaddr *address, bool *v6,
    uint8_t bytes[16]);
static bool net_has(const pls_net_t *nets, size_t n, bool v6,
    const uint8_t *bytes);
static bool address_v4(const uint8_t *bytes);
static bool address_v6(const uint8_t *bytes);
static bool address_in(const uint8_t *bytes, const address_net_t *net);


static const address_net_t  address_v4_nets[] = {
    { { 0 }, 8 },                       /* this network */
    { { 10 }, 8 },                      /* private */
    { { 100, 64 }, 10 },                /* between carrier and subscriber */
    { { 127 }, 8 },                     /* loopback */
    { { 169, 254 }, 16 },               /* link-local, clouds' metadata */
    { { 172, 16 }, 12 },                /* private */
    { { 192, 0, 0 }, 24 },              /* protocol assignments */
    { { 192, 0, 2 }, 24 },              /* documentation */
    { { 192, 88, 99 }, 24 },            /* 6to4 relays, retired */
    { { 192, 168 }, 16 },               /* private */
    { { 198, 18 }, 15 },                /* benchmarks */
    { { 198, 51, 100 }, 24 },           /* documentation */
    { { 203, 0, 113 }, 24 },            /* documentation */
    { { 224 }, 4 },                     /* multicast */
    { { 240 }, 4 },                     /* reserved, broadcast */
};

static const address_inner_t  address_v6_inner[] = {
    { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 96 }, 12 },
    { { { 0, 0x64, 0xff, 0x9b }, 96 }, 12 },            /* NAT64 */
    { { { 0x20, 0x02 }, 16 }, 2 },                      /* 6to4 */
};

/* Beside those, what is public is global unicast, less these. */
static const address_net_t  address_v6_global = { { 0x20 }, 3 };

static const address_net_t  address_v6_nets[] = {
    { { 0x20, 0x01 }, 23 },             /* protocol assignments, Teredo */
    { { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
    { { 0x3f, 0xff }, 20 },             /* documentation */
};


bool
pls_address_public(const struct sockaddr *address)
{
    bool     v6;
    uint8_t  bytes[16];

    return address_bytes(address, &v6, bytes)
           && (v6 ? address_v6(bytes) : address_v4(bytes));
}


bool
pls_address_public_text(const char *address)
{
    uint8_t  bytes[16];

    if (address == NULL) {
        return false;
    }

    if (inet_pton(AF_INET, address, bytes) == 1) {
        return address_v4(bytes);
    }

    return inet_pton(AF_INET6, address, bytes) == 1 && address_v6(bytes);
}


bool
pls_net_parse(const char *text, pls_net_t *net)
{
    char            address[INET6_ADDRSTRLEN], *end;
    long            bits;
    size_t          len;
    const char     *slash;

    memset(net, 0, sizeof(*net));
    slash = strchr(text, '/');
    len = slash == NULL ? strlen(text) : (size_t) (slash - text);

    if (len >= sizeof(address)) {
        return false;
    }

    memcpy(address, text, len);
    address[len] = '\0';

    net->v6 = inet_pton(AF_INET6, address, net->bytes) == 1;
    if (!net->v6 && inet_pton(AF_INET, address, net->bytes) != 1) {
        return false;
    }

    net->bits = net->v6 ? 128 : 32;

    if (slash != NULL) {
        bits = strtol(slash + 1, &end, 10);
        if (slash[1] < '0' || slash[1] > '9' || *end != '\0'
            || bits > (long) net->bits)
        {
            return false;
        }

        net->bits = (unsigned) bits;
    }

    return true;
}


bool
pls_net_has(const pls_net_t *nets, size_t n, const struct sockaddr *address)
{
    bool     v6;
    uint8_t  bytes[16];

    return address_bytes(address, &v6, bytes) && net_has(nets, n, v6, bytes);
}


bool
pls_net_has_text(const pls_net_t *nets, size_t n, const char *address)
{
    bool     v6;
    uint8_t  bytes[16];

    if (address == NULL) {
        return false;
    }

    v6 = inet_pton(AF_INET6, address, bytes) == 1;

    return (v6 || inet_pton(AF_INET, address, bytes) == 1)
           && net_has(nets, n, v6, bytes);
}


static bool
address_bytes(const struct sockaddr *address, bool *v6, uint8_t bytes[16])
{
    switch (address->sa_family) {

    case AF_INET:
        *v6 = false;
        memcpy(bytes, (const uint8_t *) address
                      + offsetof(struct sockaddr_in, sin_addr), 4);
        return true;

    case AF_INET6:
        *v6 = true;
        memcpy(bytes, (const uint8_t *) address
                      + offsetof(struct sockaddr_in6, sin6_addr), 16);
        return true;

    default:
        return false;
    }
}


static bool
net_has(const pls_net_t *nets, size_t n, bool v6, const uint8_t *bytes)
{
    size_t         i;
    address_net_t  net;

    if (v6 && address_in(bytes, &address_v6_inner[0].net)) {
        bytes += address_v6_inner[0].at;
        v6 = false;
    }

    for (i = 0; i < n; i++) {
        if (nets[i].v6 == v6) {
            memcpy(net.bytes, nets[i].bytes, sizeof(net.bytes));
            net.bits = nets[i].bits;

            if (address_in(bytes, &net)) {
                return true;
            }
        }
    }

    return false;
}


static bool
address_v4(const uint8_t *bytes)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(address_v4_nets); i++) {
        if (address_in(bytes, &address_v4_nets[i])) {
            return false;
        }
    }

    return true;
}


static bool
address_v6(const uint8_t *bytes)
{
    size_t  i;

    for (i = 0; i < PL_COUNT(address_v6_inner); i++) {
        if (address_in(bytes, &address_v6_inner[i].net)) {
            return address_v4(bytes + address_v6_inner[i].at);
        }
    }

    for (i = 0; i < PL_COUNT(address_v6_nets); i++) {
        if (address_in(bytes, &address_v6_nets[i])) {
            return false;
        }
    }

    return address_in(bytes, &address_v6_global);
}


static bool
address_in(const uint8_t *bytes, const address_net_t *net)
{
    unsigned  whole = net->bits / 8, rest = net->bits % 8;
    unsigned  mask = 0xffu << (8 - rest) & 0xff;

    return memcmp(bytes, net->bytes, whole) == 0
           && (rest == 0
               || (bytes[whole] & mask) == (net->bytes[whole] & mask));
}
