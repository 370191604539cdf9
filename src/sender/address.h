/*
 * Which addresses are everybody's. What a provider's answer names may lead
 * anywhere: into this machine, its network, or a cloud's metadata service.
 * Only what the registries of special-purpose addresses (IANA, RFC 6890 and
 * its successors) leave to the public internet may be reached so. Pure.
 */

#ifndef PLS_ADDRESS_H_INCLUDED
#define PLS_ADDRESS_H_INCLUDED

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* false for every family but IPv4 and IPv6. */
bool pls_address_public(const struct sockaddr *address);

/* The same of one that is written out; false for what is none. */
bool pls_address_public_text(const char *address);

/* A network that may be reached although it is not everybody's. */
typedef struct {
    bool      v6;
    uint8_t   bytes[16];
    unsigned  bits;
} pls_net_t;

/* "10.1.0.0/16", "fd00::/8", or one address. False: it is none. */
bool pls_net_parse(const char *text, pls_net_t *net);

/* Is it in one of them? An IPv4 address in an IPv6 one is itself. */
bool pls_net_has(const pls_net_t *nets, size_t n,
    const struct sockaddr *address);
bool pls_net_has_text(const pls_net_t *nets, size_t n, const char *address);

#endif /* PLS_ADDRESS_H_INCLUDED */
